"""The way to the channel's own page and back, in the same tab."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.encoding import iri_to_uri
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from cashier.channels.base import PresentationKind
from cashier.errors import AskedTooOften
from cashier.selectors import story_of
from cashier.services.query import check_attempt
from cashier.web.actions import leads_away
from cashier.web.answers import counter, to_page
from cashier.web.words import channel_name
from payhub import clock


@require_safe
@counter
def go(request: HttpRequest, token: str) -> HttpResponse:
    """Send the shopper on to the channel, or back to the page when there is nothing to go to any more.

    A page with `Refresh: 0` and a link instead of a redirect: browsers hold the whole redirect chain of the Pay form
    against our `form-action 'self'`, and a form for the channel has to be posted from a page of ours anyway.
    """
    story = story_of(token)
    attempt = story.live
    if attempt is None or not leads_away(attempt) or clock.now() >= attempt.expires_at:
        return to_page(token)
    address = iri_to_uri(attempt.presentation_content)
    url = urlsplit(address)
    context = {
        "payment": story.payment,
        "merchant": story.payment.merchant,
        "channel": channel_name(attempt.account.channel),
        "address": address,
        "fields": attempt.presentation_fields if attempt.presentation_kind == PresentationKind.FORM else None,
        "is_test": attempt.account.is_test,
    }
    if url.scheme not in {"http", "https"}:
        raise ValueError(f"{attempt.attempt_no} leads to {url.scheme!r}, which is no web address.")
    response = render(request, "cashier/go.html", context)
    if context["fields"] is None:
        response["Refresh"] = f"0; url={address}"
    else:  # only this page may send a form there
        csp_update({"form-action": [f"{url.scheme}://{url.netloc}"]})(lambda _: response)(request)
    return response


@csrf_exempt  # some channels send the shopper back by a POST of theirs; nothing in it is read
@counter
def back(request: HttpRequest, token: str) -> HttpResponse:
    """Take the shopper back from the channel: nothing they bring proves anything, so the channel is asked once."""
    live = story_of(token).live
    if live is not None:
        with suppress(AskedTooOften):
            check_attempt(attempt_no=live.attempt_no, now=clock.now())
    return to_page(token)

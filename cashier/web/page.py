"""The page of a payment, its panel alone, and its status."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from cashier.selectors import FOR_STATUS, story_of
from cashier.web.answers import counter
from cashier.web.context import context_of
from cashier.web.page_state import Name, page_state
from cashier.web.status import etag_of, status_of
from payhub import clock


@require_safe
@counter
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the payment as it stands. Whoever opens, reloads, comes back or opens it twice sees the same."""
    said = list(messages.get_messages(request))
    stopped = any("already_paid" in message.tags for message in said)
    context = context_of(request, story_of(token), stopped=stopped)
    # The page of a stopped payment says it itself.
    context["said"] = [] if context["state"].name == Name.ALREADY_PAID else said
    return render(request, "cashier/page.html", context)


@require_safe
@counter
def panel(request: HttpRequest, token: str) -> HttpResponse:
    """Return the part of the page that changes, by the same template."""
    context = context_of(request, story_of(token), stopped=False)
    return render(request, f"cashier/panels/{context['state'].name}.html", context)


@require_safe
@counter
def status(request: HttpRequest, token: str) -> HttpResponse:
    """Return the state as JSON, or 304. Two statements at most, and never a call to a channel."""
    return status_answer(request, token)


def status_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Answer with the status in JSON, or 304 where the caller has it already."""
    story, now = story_of(token, FOR_STATUS), clock.now()
    told = status_of(story, page_state(story.payment, story.attempts, story.refunds, now), now)
    etag = etag_of(told, get_language() or "")
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponse(status=304)
    else:
        answer = JsonResponse({**told, "server_time": now.isoformat()})
    answer["ETag"] = etag
    return answer

"""What every answer of the counter has in common: its headers, its way back, and the page for unknown addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cashier.errors import PaymentNotFound
from cashier.web.words import SAID
from payhub.caller import caller_ip
from payhub.rate_limit import within_limit
from payhub.see_other import SeeOther

View = Callable[[HttpRequest, str], HttpResponse]


def counter(view: View) -> View:
    """Give a view of `/c/<token>/…` the counter's headers, and an unknown token its page."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except PaymentNotFound:
            response = _not_found(request)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

    return answer


def _not_found(request: HttpRequest) -> HttpResponse:
    # Nobody guesses a token of 165 bits; whoever tries for long shall not keep the database busy with it.
    ip = caller_ip(request)
    if within_limit(f"miss:{ip}", times=settings.COUNTER_MISSES_BY_ADDRESS, per_s=60):
        return render(request, "cashier/not_found.html", status=404)
    return too_many(request)


def too_many(request: HttpRequest, token: str = "") -> HttpResponse:
    """Answer 429 in words, with the way back to the page of the payment if there is one."""
    response = render(request, "cashier/too_many.html", {"token": token}, status=429)
    response["Retry-After"] = "60"
    return response


def limited(view: View) -> View:
    """Let a view answer so many clicks a minute, for one payment and from one address; looking is not counted."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        if request.method != "POST" or (
            within_limit(f"click:{token}", times=settings.COUNTER_CLICKS_BY_PAYMENT, per_s=60)
            and within_limit(f"click-by:{caller_ip(request)}", times=settings.COUNTER_CLICKS_BY_ADDRESS, per_s=60)
        ):
            return view(request, token)
        return too_many(request, token)

    return answer


def posted(view: View) -> View:
    """Let a view answer POST only; who comes by GET (a reload, a bookmark) is shown the page."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        if request.method != "POST":
            return to_page(token)
        return view(request, token)

    return answer


def to_page(token: str) -> SeeOther:
    """Send to the page of the payment, which shows its state as it is."""
    return SeeOther(reverse("counter", args=[token]))


def say(request: HttpRequest, code: str) -> None:
    """Let the next page say the words of `code` once."""
    messages.info(request, str(SAID.get(code, SAID["refused"])), extra_tags=code)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a script asks."""
    return request.headers.get("Accept", "").startswith("application/json")

"""What every answer of the counter has in common: its headers, its way back, and the page for unknown addresses."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from cashier.errors import PaymentNotFound
from cashier.web.words import SAID
from payhub.see_other import SeeOther

View = Callable[[HttpRequest, str], HttpResponse]


def counter(view: View) -> View:
    """Give a view of `/c/<token>/…` the counter's headers, and an unknown token its page."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        try:
            response = view(request, token)
        except PaymentNotFound:
            response = render(request, "cashier/not_found.html", status=404)
        response["Cache-Control"] = "private, no-store"
        response["X-Robots-Tag"] = "noindex"
        return response

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
    messages.info(request, str(SAID[code]), extra_tags=code)


def wants_json(request: HttpRequest) -> bool:
    """Tell whether a script asks."""
    return request.headers.get("Accept", "").startswith("application/json")

"""Knowing a shopper again: a signed cookie with a random name, nothing about the person."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from payhub import numbers

_COOKIE = "shopper"
_KEPT_S = 30 * 24 * 3600


def shopper_of(request: HttpRequest) -> str:
    """Return the shopper's name for themselves; a new one when there is none, or one that we did not sign."""
    known = request.get_signed_cookie(_COOKIE, default="", salt=_COOKIE, max_age=_KEPT_S)
    return str(known) or numbers.token()


def remember(response: HttpResponseBase, shopper: str) -> None:
    """Let the browser come back under this name."""
    response.set_signed_cookie(
        _COOKIE,
        shopper,
        salt=_COOKIE,
        max_age=_KEPT_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )

"""Knowing a shopper again: who signed in, or a signed cookie with a random name and nothing about the person."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from payhub import numbers

_COOKIE = "shopper"
_KEPT_S = 30 * 24 * 3600


def shopper_of(request: HttpRequest) -> str:
    """Return the shopper's name for the orders' sake; a new one for a visitor whose cookie is missing or not ours."""
    if request.user.is_authenticated:
        return f"user-{request.user.pk}"
    known = request.get_signed_cookie(_name(), default="", salt=_COOKIE, max_age=_KEPT_S)
    return str(known) or numbers.token()


def remember(request: HttpRequest, response: HttpResponseBase, shopper: str) -> None:
    """Let the browser come back under this name. Whoever signed in is known by that, and leaves no name behind."""
    if request.user.is_authenticated:
        return
    response.set_signed_cookie(
        _name(),
        shopper,
        salt=_COOKIE,
        max_age=_KEPT_S,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _name() -> str:
    return f"{settings.COOKIE_PREFIX}{_COOKIE}"

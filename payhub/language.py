"""The language that somebody chose: `?lang=zh` at any address, remembered in Django's language cookie."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_supported_language_variant

MAX_AGE_S = 365 * 24 * 3600


class LanguageChoiceMiddleware:
    """Stands before LocaleMiddleware, which reads the cookie: a choice in the address counts for this answer too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _supported(request.GET.get("lang", ""))
        if not chosen:
            return self.get_response(request)
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = chosen
        response = self.get_response(request)
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            chosen,
            max_age=MAX_AGE_S,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        return response


def _supported(text: str) -> str:
    """Return our code of the language (`zh`, `zh-CN` and `zh_Hans` are all `zh-hans`), or nothing."""
    if not text or len(text) > 12:
        return ""
    try:
        return get_supported_language_variant(text.replace("_", "-").lower())
    except LookupError:
        return ""

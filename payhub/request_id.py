"""A number on every request: in the answer (X-Request-Id), in the log, in the trail."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from payhub import numbers

_current: ContextVar[str] = ContextVar("request_id", default="-")


def current_request_id() -> str:
    """Return the number of the request being answered, or "-" outside of one."""
    return _current.get()


class RequestIdMiddleware:
    """Gives every request a number of ours (a caller's own is never trusted into the log)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        before = _current.set(numbers.random_text(16))
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = _current.get()
            return response
        finally:
            _current.reset(before)


class RequestIdFilter(logging.Filter):
    """Puts the number on every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = _current.get()
        return True

"""The answers to what went wrong, in words: what happened, what happens to the money, what to do."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from payhub.problems import KINDS, problem

_COUNTER = re.compile(r"/c/[0-9a-z]{1,32}/")


def _way_back(request: HttpRequest) -> dict[str, str]:
    """Return the counter's page of the payment that the address names: read from the path, needs no database."""
    found = _COUNTER.match(request.path_info)
    return {"counter_url": found.group() if found else ""}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours (or from one that is too old)."""
    return render(request, "base/csrf_failure.html", _way_back(request), status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that we do not have."""
    if request.path_info.startswith("/api/"):
        return problem(KINDS["not_found"])
    return render(request, "base/not_found.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer when something broke on our side: nobody is told that no money moved, for nobody knows here."""
    if request.path_info.startswith("/api/"):
        return problem(KINDS["internal"])
    return render(request, "base/server_error.html", _way_back(request), status=500)

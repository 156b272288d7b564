"""The answers to what went wrong, in words: what happened, what happens to the money, what to do."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours (or from one that is too old)."""
    return render(request, "base/csrf_failure.html", status=403)

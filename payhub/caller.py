"""Who calls: the address that a request came from."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def caller_ip(request: HttpRequest) -> str | None:
    """Return the caller's address, or None when it is not one.

    Behind a proxy of ours it is the last entry of X-Forwarded-For: that one the proxy wrote, those before it anybody.
    """
    text = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        text = request.headers.get("X-Forwarded-For", text).rsplit(",", 1)[-1]
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        return None

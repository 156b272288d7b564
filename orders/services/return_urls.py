"""Return addresses: where a merchant's shoppers may be sent back to, exactly these and no others."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from orders.errors import ReturnUrlRefused
from payhub.db import committed
from payhub.merchants.models import Merchant
from payhub.trail.record import record

MAX_URLS = 20
MAX_LENGTH = 450  # with our `order_no` it stays below what a payment takes
_LOOPBACK = {"127.0.0.1", "localhost"}


def set_return_urls(*, merchant: Merchant, urls: list[str], actor: str, now: datetime) -> None:
    """Replace the merchant's return addresses. Raises ReturnUrlRefused."""
    if len(urls) > MAX_URLS or not all(_is_good(url, is_test=merchant.is_test) for url in urls):
        raise ReturnUrlRefused
    with committed():
        Merchant.objects.filter(pk=merchant.pk).update(return_urls=urls)
        record(subject=f"merchant:{merchant.code}", action="merchant.changed", actor=actor, at=now)


def _is_good(url: str, *, is_test: bool) -> bool:
    if len(url) > MAX_LENGTH or not url.isascii() or set(url) & set('\\"<>^`{|}#@'):
        return False
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (is_test and parts.scheme == "http" and host in _LOOPBACK))

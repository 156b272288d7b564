"""The only outgoing HTTP client: always a timeout, never inside a transaction, never a redirect, a redacted log."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

import httpx

from payhub.db import refuse_open_transaction

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 2.0
MAX_BODY_BYTES = 64 * 1024 * 1024


class OutgoingHttp:
    """Sends requests and returns answers; raises httpx.HTTPError for everything that is not an answer."""

    def __init__(self, transport: httpx.BaseTransport | None = None) -> None:
        self._client = httpx.Client(  # noqa: TID251 - the one client
            transport=transport,
            follow_redirects=False,
            trust_env=False,  # a proxy variable must not reroute money calls
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=16, keepalive_expiry=30),
        )

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"", timeout_s: float
    ) -> httpx.Response:
        """Send one request and wait for the whole answer for at most `timeout_s` a read.

        Raises OpenTransaction inside a transaction, httpx.HTTPError (time-outs and cut connections included) when
        no answer came: whether the other side acted is then unknown.
        """
        refuse_open_transaction(f"{method} {urlsplit(url).netloc}")
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        # Only host and path: queries and bodies carry signatures and payers.
        where = f"{method} {urlsplit(url).netloc}{urlsplit(url).path}"
        try:
            answer = self._client.request(method, url, headers=dict(headers), content=content, timeout=timeout)
        except httpx.HTTPError as error:
            log.warning("%s: no answer (%s)", where, type(error).__name__)
            raise
        log.info("%s: %d", where, answer.status_code)
        return answer


@cache
def outgoing() -> OutgoingHttp:
    """Return this process's client (made at first use, so that no connection crosses a fork)."""
    return OutgoingHttp()

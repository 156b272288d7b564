"""The only outgoing HTTP client: always a timeout, never inside a transaction, never a redirect, a redacted log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from payhub.db import refuse_open_transaction

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_S = 2.0
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_FILE_BYTES = 4 << 30
FILE_TIMEOUT_S = 900.0


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
        """Send one request and return the whole answer; no wait, and no body, lasts longer than `timeout_s`.

        Raises OpenTransaction inside a transaction, httpx.HTTPError (time-outs, cut connections and bodies above
        MAX_BODY_BYTES included) when no answer came: whether the other side acted is then unknown.
        """
        with self._sent(method, url, headers, content, timeout_s) as answer:
            body = b"".join(_read(answer, MAX_BODY_BYTES, timeout_s))
        # As received but for the encodings, which the body no longer has.
        kept = [(name, value) for name, value in answer.headers.multi_items() if name not in _ENCODINGS]
        return httpx.Response(answer.status_code, headers=kept, content=body, request=answer.request)

    def fetch(self, url: str, *, headers: Mapping[str, str], timeout_s: float, into: BinaryIO) -> int:
        """Copy what an address holds into a file, piece by piece; return the status (nothing is copied but of 200).

        `timeout_s` is for each wait; the whole takes FILE_TIMEOUT_S at most. Raises as `send` does, for files above
        MAX_FILE_BYTES.
        """
        with self._sent("GET", url, headers, b"", timeout_s) as answer:
            if answer.status_code == 200:
                into.writelines(_read(answer, MAX_FILE_BYTES, FILE_TIMEOUT_S))
        return answer.status_code

    @contextmanager
    def _sent(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes, timeout_s: float
    ) -> Iterator[httpx.Response]:
        refuse_open_transaction(f"{method} {urlsplit(url).netloc}")
        timeout = httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s))
        # Only host and path: queries and bodies carry signatures and payers.
        where = f"{method} {urlsplit(url).netloc}{urlsplit(url).path}"
        request = self._client.build_request(method, url, headers=dict(headers), content=content, timeout=timeout)
        try:
            answer = self._client.send(request, stream=True)
            with closing(answer):
                yield answer
        except httpx.HTTPError as error:
            log.warning("%s: no answer (%s)", where, type(error).__name__)
            raise
        log.info("%s: %d", where, answer.status_code)


_ENCODINGS = {"content-encoding", "transfer-encoding", "content-length"}


def _read(answer: httpx.Response, limit_bytes: int, timeout_s: float) -> Iterator[bytes]:
    """Give the body. One that drips in or never ends must not hold a worker beyond its lease."""
    until = time.monotonic() + timeout_s
    size = 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > limit_bytes:
            raise httpx.ReadError(f"The body is larger than {limit_bytes} bytes.", request=answer.request)
        if time.monotonic() > until:
            raise httpx.ReadTimeout(f"The body took longer than {timeout_s} s.", request=answer.request)
        yield chunk


@cache
def outgoing() -> OutgoingHttp:
    """Return this process's client (made at first use, so that no connection crosses a fork)."""
    return OutgoingHttp()

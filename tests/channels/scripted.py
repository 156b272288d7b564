"""A network that answers what a test tells it to. Implements the adapters' `Http`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import httpx


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the adapter sent it."""

    method: str
    url: httpx.URL
    headers: httpx.Headers
    content: bytes
    timeout_s: float


def _nobody(call: Call) -> httpx.Response:
    raise AssertionError(f"Nobody expected {call.method} {call.url}.")


class ScriptedHttp:
    """Hands every call to `answer` and keeps it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], httpx.Response] = _nobody

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"", timeout_s: float
    ) -> httpx.Response:
        call = Call(method, httpx.URL(url), httpx.Headers(headers), content, timeout_s)
        self.calls.append(call)
        return self.answer(call)

    def fetch(self, url: str, *, headers: Mapping[str, str], timeout_s: float, into: BinaryIO) -> int:
        answer = self.send("GET", url, headers=headers, timeout_s=timeout_s)
        if answer.status_code == 200:
            into.write(answer.content)
        return answer.status_code

    def breaks(self, error: httpx.HTTPError) -> None:
        """Let every call end without an answer."""

        def fail(_: Call) -> httpx.Response:
            raise error

        self.answer = fail

    def says(self, response: httpx.Response) -> None:
        """Let every call be answered so."""
        self.answer = lambda _: response

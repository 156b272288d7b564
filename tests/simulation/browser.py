"""A shopper's browser: payhub's real pages through Django's test client, cookies and all."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

_HANDLER = ClientHandler(enforce_csrf_checks=False)  # its middleware is loaded once


class ServerFailed(Exception):
    """The answer was a 5xx: its cause is in payhub's log."""


class Browser:
    """One window."""

    def __init__(self) -> None:
        # Django's client raises what any request that is under way ends in, also another window's.
        self._client = Client(raise_request_exception=False)
        self._client.handler = _HANDLER

    def press(self, token: str, button: str, form: dict[str, str]) -> HttpResponse:
        """Press a button of the counter's page."""
        return _answer(self._client.post(f"/c/{token}/{button}", form))

    def status(self, token: str) -> HttpResponse:
        """Ask what the page shows."""
        return _answer(self._client.get(f"/c/{token}/status"))

    def ask(self, address: str, key: str) -> HttpResponse:
        """Ask the API as a merchant's program does."""
        return _answer(self._client.get(address, headers={"Authorization": f"Bearer {key}"}))

    def notify(self, address: str, body: bytes, signature: str) -> HttpResponse:
        """Post as a channel does."""
        headers = {"X-Signature": signature}
        return _answer(self._client.post(address, data=body, content_type="application/json", headers=headers))

    @staticmethod
    def state(answer: HttpResponse) -> str:
        """Return the page's state of an answer to `status`."""
        return str(json.loads(answer.content)["state"])


def _answer(answer: Any) -> HttpResponse:
    if answer.status_code >= 500:
        raise ServerFailed(answer.status_code)
    return answer  # type: ignore[no-any-return]

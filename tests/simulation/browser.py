"""A shopper's browser: payhub's real pages through Django's test client, cookies and all."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

_HANDLER = ClientHandler(enforce_csrf_checks=False)  # its middleware is loaded once


class Browser:
    """One window."""

    def __init__(self) -> None:
        self._client = Client()
        self._client.handler = _HANDLER

    def press(self, token: str, button: str, form: dict[str, str]) -> HttpResponse:
        """Press a button of the counter's page."""
        return self._client.post(f"/c/{token}/{button}", form)  # type: ignore[return-value]

    def status(self, token: str) -> HttpResponse:
        """Ask what the page shows."""
        return self._client.get(f"/c/{token}/status")  # type: ignore[return-value]

    def ask(self, address: str, key: str) -> HttpResponse:
        """Ask the API as a merchant's program does."""
        return self._client.get(address, headers={"Authorization": f"Bearer {key}"})  # type: ignore[return-value]

    def notify(self, address: str, body: bytes, signature: str) -> HttpResponse:
        """Post as a channel does."""
        headers = {"X-Signature": signature}
        return self._client.post(address, data=body, content_type="application/json", headers=headers)  # type: ignore[return-value]

    @staticmethod
    def state(answer: HttpResponse) -> str:
        """Return the page's state of an answer to `status`."""
        return str(json.loads(answer.content)["state"])

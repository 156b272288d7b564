"""Every test here opens the counter of one payment with a browser without a script."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.selectors import story_of
from tests.conftest import MovedClock
from tests.played.channel import Books


class Counter:
    """The counter of one payment, as a shopper uses it."""

    def __init__(self, payment: Payment, client: Client) -> None:
        self.payment, self.client = payment, client
        self.url = f"/c/{payment.token}/"

    def open(self, **headers: str) -> str:
        """Open the page and return its text."""
        return self.client.get(self.url, headers=headers).content.decode()

    def read(self) -> str:
        """Open the page and return what a person reads on it."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.open().partition("<main")[2])).split())

    def get(self, where: str, **headers: str) -> Any:
        """Open an address below the page."""
        return self.client.get(self.url + where, headers=headers)

    def post(self, where: str, headers: dict[str, str] | None = None, **fields: str) -> Any:
        """Send a form to an address below the page."""
        return self.client.post(self.url + where, fields, headers=headers)

    def pay(self, method: str = "qr", seen: str = "", channel: str = "alpha") -> Any:
        """Select Pay on a page that knew the attempt `seen`."""
        return self.post("pay", choice=f"lantern-{channel}.{method}", seen=seen)

    def status(self) -> dict[str, Any]:
        """Look as an open page does."""
        told: dict[str, Any] = self.get("status").json()
        return told

    @property
    def state(self) -> str:
        """The state's name that the page carries."""
        return str(self.status()["state"])

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, oldest first."""
        return story_of(self.payment.token).attempts


@pytest.fixture
def counter(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    moved_clock: MovedClock,
    no_wakes: object,
    heard: object,
) -> Counter:
    """The counter of a payment of ¥128.00 that alpha and beta can collect."""
    payment = new_payment(return_url="https://shop.example/orders/1", merchant_order_no="88001")
    return Counter(payment, Client(headers={"accept-language": "en"}))

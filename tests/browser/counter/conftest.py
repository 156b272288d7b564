"""The counter in a real Chromium, on Django's live server, with channels that are played in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Page

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.selectors import story_of
from cashier.services.pay import Choice, pay
from payhub import clock
from payhub.merchants.models import Merchant
from tests.conftest import MovedClock
from tests.played.channel import Books


@dataclass(kw_only=True)
class Scene:
    """One payment at the counter, its channels' books, and the browser that looks at it."""

    page: Page
    server: str
    payment: Payment
    alpha: Books
    beta: Books
    accounts: dict[str, ChannelAccount]
    clock: MovedClock
    new_payment: Callable[..., Payment]
    methods: dict[str, tuple[str, str]] = field(default_factory=dict)  #: Another account and method to start by.

    @property
    def url(self) -> str:
        """The address of the counter's page."""
        return f"{self.server}/c/{self.payment.token}/"

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, oldest first."""
        return story_of(self.payment.token).attempts

    @property
    def state(self) -> str:
        """The state that the page shows."""
        return self.page.locator("#face").get_attribute("data-state") or ""

    def open(self) -> Page:
        """Open the counter's page."""
        self.page.goto(self.url)
        return self.page

    def start(self, method: str = "qr", channel: str = "alpha", payment: Payment | None = None) -> Attempt:
        """Start an attempt, as a click in another window does."""
        account, method = self.methods.get(f"{channel}.{method}", (channel, method))
        choice = Choice(account_id=self.accounts[account].pk, method=method, shopper_ip="127.0.0.1")
        return pay(payment_id=(payment or self.payment).pk, choice=choice, now=clock.now())


@pytest.fixture
def scene(
    page: Page,
    live_server: Any,
    settings: Any,
    merchant: Merchant,
    new_payment: Callable[..., Payment],
    alpha: Books,
    beta: Books,
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    moved_clock: MovedClock,
    no_wakes: object,
    heard: object,
) -> Iterator[Scene]:
    """A payment of ¥128.00 that alpha and beta can collect."""
    settings.PAYHUB_BASE_URL = live_server.url
    Merchant.objects.filter(pk=merchant.pk).update(help_phone="400 000 0000", help_email="help@shop.example")
    cache.clear()
    yield Scene(
        page=page,
        server=live_server.url,
        payment=new_payment(return_url=f"{live_server.url}/nowhere", merchant_order_no="88001", payer_id="oScene"),
        alpha=alpha,
        beta=beta,
        accounts={"alpha": alpha_account, "beta": beta_account},
        clock=moved_clock,
        new_payment=new_payment,
    )
    page.goto("about:blank")  # nothing may look at the database while it is emptied

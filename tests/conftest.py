"""What most tests start from: a merchant with two played channels, a payment, a clock that can be moved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from hypothesis import settings as hypothesis_settings

from cashier.channels import registry
from cashier.models import ChannelAccount, Payment
from cashier.services import channel_calls
from payhub import clock, numbers, tasks
from payhub.merchants.models import Merchant
from payhub.outbox.consumer import Message
from payhub.vault import seal
from tests.played import listener
from tests.played.channel import Books, PlayedChannel

# The same examples at every run: what fails here fails there, and nothing is left behind.
hypothesis_settings.register_profile("same", derandomize=True, database=None, deadline=None)
hypothesis_settings.load_profile("same")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the groups: each keeps one worker busy (or waiting) for minutes, and the others fill the gaps."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


class MovedClock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        """Move the clock on and return the new time."""
        self.at += timedelta(**by)
        return self.at


@pytest.fixture
def moved_clock() -> Iterator[MovedClock]:
    """Stop payhub's clock; the test moves it."""
    it = MovedClock()
    with clock.replaced_by(it):
        yield it


@pytest.fixture
def no_wakes() -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """Lose every wake (as a dead broker would) and keep a list of them."""
    lost: list[tuple[str, dict[str, Any]]] = []
    with tasks.replaced_by(lambda task_name, ids: lost.append((task_name, dict(ids)))):
        yield lost


@pytest.fixture
def heard(settings: Any) -> Iterator[list[Message]]:
    """What a consumer of all events took; the only consumer there is."""
    settings.OUTBOX_CONSUMERS = {"listener": "tests.played.listener.listener"}
    listener.taken.clear()
    yield listener.taken
    listener.taken.clear()


@pytest.fixture
def alpha(monkeypatch: pytest.MonkeyPatch) -> Books:
    """The books of the played channel "alpha"."""
    return play_channel(monkeypatch, "alpha", "X")


@pytest.fixture
def beta(monkeypatch: pytest.MonkeyPatch) -> Books:
    """The books of the played channel "beta"."""
    return play_channel(monkeypatch, "beta", "Y")


def play_channel(monkeypatch: pytest.MonkeyPatch, code: str, letter: str) -> Books:
    """Put a played channel with empty books into the registry."""
    books = Books()
    monkeypatch.setitem(registry.CHANNELS, code, partial(PlayedChannel, books, code, letter))
    channel_calls.forget_opened()
    return books


@pytest.fixture
def merchant(db: None) -> Merchant:
    """A merchant under the strict policy whose surplus goes back by itself up to 500.00."""
    return Merchant.objects.create(
        code="lantern", name="Lantern Books", is_test=True, auto_refund_limit_minor=50_000, created_at=clock.now()
    )


def open_account(merchant: Merchant, channel: str) -> ChannelAccount:
    """Open an account of a played channel."""
    return ChannelAccount.objects.create(
        code=f"{merchant.code}-{channel}",
        merchant=merchant,
        channel=channel,
        methods=["qr", "page", "bank"],
        sealed_settings=seal({}),
        is_test=True,
        created_at=clock.now(),
    )


@pytest.fixture
def alpha_account(merchant: Merchant, alpha: Books) -> ChannelAccount:
    """The merchant's account at "alpha"."""
    return open_account(merchant, "alpha")


@pytest.fixture
def beta_account(merchant: Merchant, beta: Books) -> ChannelAccount:
    """The merchant's account at "beta"."""
    return open_account(merchant, "beta")


@pytest.fixture
def new_payment(merchant: Merchant) -> Callable[..., Payment]:
    """Make payments of the merchant."""

    def make(**changes: Any) -> Payment:
        now = clock.now()
        values: dict[str, Any] = {
            "payment_no": numbers.payment_no(now),
            "token": numbers.token(),
            "merchant": merchant,
            "merchant_order_no": numbers.order_no(now),
            "amount_minor": 12_800,
            "currency": "CNY",
            "title": "Two books",
            "created_at": now,
            "expires_at": now + timedelta(minutes=30),
        }
        return Payment.objects.create(**{**values, **changes})

    return make


def staff(name: str, role: str = "finance") -> User:
    """Return the person of this name, who has this role."""
    person, _ = User.objects.get_or_create(username=name)
    person.groups.add(Group.objects.get_or_create(name=role)[0])
    return person


@pytest.fixture
def payment(new_payment: Callable[..., Payment]) -> Payment:
    """A payment of 128.00 that nobody has tried to pay yet."""
    return new_payment()

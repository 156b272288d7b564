"""A shopper's draft, and a channel that pays what was ordered."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.cache import cache

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.models import Order
from orders.services.submit import Draft, Item
from payhub import clock
from payhub.merchants.models import Merchant
from tests.played.channel import Books


@pytest.fixture(autouse=True)
def empty_redis() -> Iterator[None]:
    """Start with an empty Redis."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def draft(merchant: Merchant) -> Draft:
    """Two novels for one shopper."""
    novels = Item(sku="novel", title="A novel", unit_minor=6_400, quantity=2)
    return Draft(merchant_id=merchant.pk, items=(novels,), currency="CNY", buyer="shopper-1")


@pytest.fixture
def collect_money(alpha: Books, alpha_account: ChannelAccount) -> Callable[[Order], Attempt]:
    """Pay an order at the played channel and let the payment centre find out by asking."""

    def collect_money(order: Order) -> Attempt:
        payment = Payment.objects.get(merchant_order_no=order.order_no)
        choice = Choice(account_id=alpha_account.pk, method="qr")
        attempt = pay(payment_id=payment.pk, choice=choice, now=clock.now())
        alpha.pay(attempt.attempt_no)
        return query_attempt(attempt_no=attempt.attempt_no)

    return collect_money

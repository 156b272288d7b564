"""Submitting at the same moment: one order, whether Redis is there or not."""

from __future__ import annotations

from functools import partial

import pytest
from django.conf import LazySettings

from cashier.models import Payment
from orders.models import Order
from orders.services.submit import Draft, Item, submit
from payhub import clock
from payhub.merchants.models import Merchant
from tests.race.conftest import Together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_wakes")]

ROUNDS = 10
SHOPPERS_CLICKS = 20


@pytest.mark.parametrize("redis", ["here", "away"])
def test_twenty_submits_at_the_same_moment_make_one_order(
    merchant: Merchant, together: Together, settings: LazySettings, redis: str
) -> None:
    if redis == "away":
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    novels = Item(sku="novel", title="A novel", unit_minor=6_400, quantity=2)
    for round_ in range(ROUNDS):
        draft = Draft(merchant_id=merchant.pk, items=(novels,), currency="CNY", buyer=f"{redis}-{round_}")
        submits = [partial(submit, draft=draft, now=clock.now()) for _ in range(SHOPPERS_CLICKS)]
        submitted = [result for result in together.run(submits) if not isinstance(result, Exception)]
        assert len(submitted) == SHOPPERS_CLICKS
        assert len({one.order.order_no for one in submitted}) == 1
        assert len({one.payment.payment_no for one in submitted}) == 1
        assert sum(one.is_new for one in submitted) == 1
    assert Order.objects.count() == Payment.objects.count() == ROUNDS

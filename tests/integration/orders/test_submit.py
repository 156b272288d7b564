"""Submitting: the same submit within seconds is the same order, whatever Redis does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cashier.models import Payment
from orders.errors import NothingOrdered
from orders.metrics import submits_repeated
from orders.models import Order, SubmitClaim
from orders.services.forget import KEEP_S, forget_claims
from orders.services.submit import Draft, Item, submit
from payhub import clock
from tests.conftest import MovedClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def order_numbers() -> list[str]:
    return list(Order.objects.values_list("order_no", flat=True))


def test_a_submit_makes_an_order_and_opens_its_payment(draft: Draft) -> None:
    submitted = submit(draft=draft, now=clock.now())
    assert submitted.is_new
    assert submitted.order.state == "AWAITING_PAYMENT"
    assert submitted.order.amount_minor == 12_800
    assert submitted.payment.merchant_order_no == submitted.order.order_no
    assert submitted.payment.money == submitted.order.money
    assert f"/shop/orders/{submitted.order.token}/" in Payment.objects.get().return_url


def test_the_same_submit_within_seconds_gives_the_same_order_back(draft: Draft) -> None:
    first = submit(draft=draft, now=clock.now())
    again = submit(draft=draft, now=clock.now())
    assert not again.is_new
    assert again.order.order_no == first.order.order_no
    assert again.payment.payment_no == first.payment.payment_no
    assert len(order_numbers()) == 1


def test_redis_answers_a_repeated_submit_without_a_claim(draft: Draft) -> None:
    submit(draft=draft, now=clock.now())
    with CaptureQueriesContext(
        connection,
    ) as asked:
        submit(draft=draft, now=clock.now())
    assert not [query for query in asked.captured_queries if "orders_submitclaim" in query["sql"]]


def test_a_flushed_redis_loses_nothing(draft: Draft) -> None:
    first = submit(draft=draft, now=clock.now())
    cache.clear()
    assert submit(draft=draft, now=clock.now()).order.order_no == first.order.order_no
    assert len(order_numbers()) == 1


def test_a_redis_that_is_away_fails_no_submit_and_doubles_none(draft: Draft, settings: LazySettings) -> None:
    default = {**settings.CACHES["default"], "LOCATION": NOBODY_LISTENS}
    settings.CACHES = {"default": default}
    first = submit(draft=draft, now=clock.now())
    assert first.is_new
    assert submit(draft=draft, now=clock.now()).order.order_no == first.order.order_no
    assert len(order_numbers()) == 1


def test_a_redis_that_remembers_an_order_that_never_came_to_be_does_not_stand_in_the_way(draft: Draft) -> None:
    cache.add(f"submit:{draft.digest}", "O-of-a-submit-that-crashed", timeout=10)
    first = submit(draft=draft, now=clock.now())
    assert first.is_new
    assert submit(draft=draft, now=clock.now()).order.order_no == first.order.order_no


def test_after_the_guards_time_the_same_goods_are_a_new_order(
    draft: Draft, moved_clock: MovedClock, settings: LazySettings
) -> None:
    settings.SIMILAR_ORDER_WINDOW_S = 0
    first = submit(draft=draft, now=clock.now())
    moved_clock.forward(seconds=settings.SUBMIT_GUARD_TTL_S + 1)
    second = submit(draft=draft, now=clock.now())
    assert second.is_new
    assert second.order.order_no != first.order.order_no
    assert SubmitClaim.objects.count() == 1  # taken over, not added


@pytest.mark.parametrize("what", ["buyer", "address", "quantity", "price", "currency"])
def test_another_submit_is_another_order(draft: Draft, what: str) -> None:
    (item,) = draft.items
    other = {
        "buyer": replace(draft, buyer="shopper-2"),
        "address": replace(draft, address="1 Lantern Street"),
        "quantity": replace(draft, items=(replace(item, quantity=3),)),
        "price": replace(draft, items=(replace(item, unit_minor=6_500),)),
        "currency": replace(draft, currency="EUR"),
    }[what]
    submit(draft=draft, now=clock.now())
    assert submit(draft=other, now=clock.now()).is_new
    assert len(order_numbers()) == 2


def test_the_language_of_a_title_makes_no_other_order(draft: Draft) -> None:
    submit(draft=draft, now=clock.now())
    (item,) = draft.items
    assert not submit(draft=replace(draft, items=(replace(item, title="小说"),)), now=clock.now()).is_new


def test_shoppers_who_cannot_be_known_again_never_share_an_order(draft: Draft) -> None:
    nobody = replace(draft, buyer="")
    submit(draft=nobody, now=clock.now())
    assert submit(draft=nobody, now=clock.now()).is_new


@pytest.mark.parametrize("quantity", [0, -1, 100])
def test_an_order_of_none_or_of_too_many_is_refused(draft: Draft, quantity: int) -> None:
    item = Item(sku="novel", title="A novel", unit_minor=6_400, quantity=quantity)
    with pytest.raises(NothingOrdered):
        submit(draft=replace(draft, items=(item,)), now=clock.now())
    assert order_numbers() == []


def test_claims_are_forgotten_long_after_they_ran_out(
    draft: Draft, moved_clock: MovedClock, settings: LazySettings
) -> None:
    submit(draft=draft, now=clock.now())
    assert forget_claims(now=moved_clock.forward(seconds=settings.SUBMIT_GUARD_TTL_S + 1)) == 0
    assert forget_claims(now=moved_clock.forward(seconds=KEEP_S + 1)) == 1


def repeated() -> dict[str, float]:
    return {labels["by"]: number for labels, number in submits_repeated.read(clock.now())}


def test_a_submit_that_makes_no_second_order_is_counted_by_what_knew_it(draft: Draft) -> None:
    cache.clear()
    submit(draft=draft, now=clock.now())
    submit(draft=draft, now=clock.now())
    assert repeated() == {"redis": 1, "database": 0}
    cache.delete(f"submit:{draft.claim}")
    submit(draft=draft, now=clock.now())
    assert repeated() == {"redis": 1, "database": 1}

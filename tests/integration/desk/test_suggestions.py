"""Suggested duplicates: how sure each is, why, and that looking costs the same however many orders there are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from cashier.public import find_payment
from orders.models import Complaint, Order
from orders.services.complaints.suggest import SIMILAR, similar_parameters, suggest
from payhub import clock
from payhub.db import committed
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from tests.integration.desk.conftest import deliver_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


def suggested(order: Order) -> list[tuple[str, str]]:
    fresh = Order.objects.get(pk=order.pk)
    payment = find_payment(merchant_id=fresh.merchant_id, merchant_order_no=fresh.order_no)
    return [(found.tier, ", ".join(map(str, found.reasons))) for found in suggest(order=fresh, payment=payment)]


def test_two_successes_of_one_order_are_certain(twice: Complaint) -> None:
    assert suggested(twice.order) == [("A", "same order, the channel confirmed it")]


def test_the_same_goods_by_the_same_buyer_within_two_hours_both_paid_are_likely(
    place: Callable[..., Order], pay_by: Callable[..., Any], moved_clock: Any
) -> None:
    first = place()
    pay_by(first)
    moved_clock.forward(minutes=70)
    second = place(again_after=first.order_no)
    pay_by(second)
    assert suggested(second) == [("B", "same buyer, same amount, same goods, paid, 70 min apart")]


def test_the_same_telephone_counts_as_the_same_buyer(
    place: Callable[..., Order], pay_by: Callable[..., Any], moved_clock: Any
) -> None:
    first, second = (place(buyer=buyer, contact="13800000000") for buyer in ("one", "other"))
    for order in (first, second):
        pay_by(order)
    assert suggested(second) == [("B", "same telephone, same amount, same goods, paid, 0 min apart")]


def test_within_a_day_or_unpaid_is_only_possible(
    place: Callable[..., Order], pay_by: Callable[..., Any], moved_clock: Any
) -> None:
    place()
    moved_clock.forward(hours=20)
    second = place()
    pay_by(second)
    assert suggested(second) == [("C", "same buyer, same amount, same goods, not paid, 1200 min apart")]


def test_another_day_another_amount_and_another_shop_suggest_nothing(
    place: Callable[..., Order], moved_clock: Any
) -> None:
    place()
    moved_clock.forward(hours=25)
    assert suggested(place()) == []
    assert suggested(place(buyer="somebody-else")) == []


def test_money_for_a_number_that_is_not_ours_is_an_orphan(place: Callable[..., Order]) -> None:
    order = place()
    for number, amount in enumerate((12_800, 12_801)):
        with committed():
            open_review(
                kind=Kind.UNKNOWN_NUMBER, subject=f"fact:{number}", reason="x", owner=Owner.FINANCE, at=clock.now(),
                money=Money(amount, "CNY"),
            )  # fmt: skip
    assert suggested(order) == [("D", "the channel has it, we have no such number, same amount")]


def test_looking_never_reads_all_orders(place: Callable[..., Order], shop: Merchant) -> None:
    order = place(contact="13800000000")
    deliver_all()
    Order.objects.bulk_create(
        Order(
            order_no=f"X{n}", merchant_order_no=f"X{n}", token=f"x{n}", merchant=shop, buyer=f"b{n % 5000}",
            contact=f"139{n % 5000}", title="t", items=[], amount_minor=n % 50 + 1, currency="CNY", digest=str(n),
            created_at=clock.now() - timedelta(minutes=n),
        )
        for n in range(20_000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order")
        cursor.execute(f"EXPLAIN {SIMILAR}", similar_parameters(order))
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on orders_order" not in plan
    assert {"order_by_buyer", "order_by_contact"} <= set(plan.replace("(", " ").split())

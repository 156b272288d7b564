"""Asking: whatever became of the events, every order is compared with its payment again and again."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from cashier.public import PaymentView, find_payments
from orders.locks import lock_orders_to_ask
from orders.models import Order
from orders.services.collect import collect
from orders.services.follow import follow
from orders.states import OrderState
from payhub.db import committed, savepoint
from payhub.trail.record import SYSTEM

log = logging.getLogger(__name__)

BATCH = 100
FIRST_ASK_AFTER_S = 60
WAITING_ASK_EVERY_S = 300  # at most, while the payment is awaited
ASK_FOR_DAYS = 60  # so late may refunds and late money come


def ask_waiting(*, now: datetime) -> int:
    """Ask about one batch of orders that are due, longest due first, and let each follow; return how many.

    An order without a payment (a crash between the two) gets one. An order that fails holds nobody else up.
    """
    with committed():
        due = lock_orders_to_ask(now, BATCH)
        payments = _payments_of(due)
        for order in due:
            # Moved first, and outside the savepoint: an order that fails comes again later, behind the others.
            Order.objects.filter(pk=order.pk).update(ask_at=_next_ask(order, now))
            if order.order_no in payments:
                with _alone(order), savepoint():
                    follow(order=order, payment=payments[order.order_no], now=now)
    for order in due:
        if order.order_no not in payments:
            with _alone(order):
                collect(order=order, actor=SYSTEM, now=now)
    return len(due)


def _payments_of(orders: list[Order]) -> dict[str, PaymentView]:
    """Return the payments by order number, asking once per merchant. Order numbers are unique among all merchants."""
    found: dict[str, PaymentView] = {}
    for merchant_id in sorted({order.merchant_id for order in orders}):
        numbers = [order.order_no for order in orders if order.merchant_id == merchant_id]
        found.update(find_payments(merchant_id=merchant_id, merchant_order_nos=numbers))
    return found


@contextmanager
def _alone(order: Order) -> Iterator[None]:
    """Keep an order's trouble to itself; it is in the log, and the order is asked about again."""
    try:
        yield
    except Exception:
        log.exception("order %s could not follow its payment", order.order_no)


def _next_ask(order: Order, now: datetime) -> datetime | None:
    """Return when to ask again: after as long as it has stood already, sooner while its payment is awaited."""
    age = now - order.created_at
    wait = max(age, timedelta(seconds=FIRST_ASK_AFTER_S))
    if order.state == OrderState.AWAITING_PAYMENT:
        return now + min(wait, timedelta(seconds=WAITING_ASK_EVERY_S))
    return now + wait if age < timedelta(days=ASK_FOR_DAYS) else None

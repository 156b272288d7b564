"""Fulfilling: the merchant says that the goods went out."""

from __future__ import annotations

from datetime import datetime

from orders.errors import OrderNotPaid
from orders.locks import lock_order
from orders.models import Order
from orders.states import OrderState
from payhub.db import committed
from payhub.trail.record import record


def fulfil(*, merchant_id: int, order_no: str, actor: str, now: datetime) -> Order:
    """Mark a paid order as sent; one that is sent already stays as it is. Raises OrderNotFound, OrderNotPaid."""
    with committed():
        order = lock_order(merchant_id=merchant_id, order_no=order_no)
        if order.state == OrderState.FULFILLED:
            return order
        if order.state != OrderState.PAID:
            raise OrderNotPaid
        order.fulfil(now)
        order.save(update_fields=["state", "fulfilled_at"])
        record(subject=order.subject, action="order.fulfilled", actor=actor, at=now)
    return order

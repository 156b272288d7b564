"""Telling: what became of an order becomes the merchant's news, in the transaction in which it became so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from orders.models import Order
from payhub.outbox.emit import emit


def tell(*, order: Order, event_type: str, at: datetime, **more: Any) -> None:
    """Emit an event that the merchant sees (API) and hears (webhooks); the order was locked and moved before."""
    emit(
        name=event_type,
        subject=order.subject,
        payload={
            "order_no": order.order_no,
            "merchant_order_no": order.merchant_order_no,
            "state": order.state.lower(),
            "amount_minor": order.amount_minor,
            "currency": order.currency,
            "refunded_minor": order.refunded_minor,
            **more,
        },
        at=at,
        merchant_id=order.merchant_id,
    )

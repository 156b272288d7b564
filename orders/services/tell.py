"""Telling: what became of an order becomes the merchant's news, in the transaction in which it became so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from orders.models import Order
from payhub.outbox.emit import emit
from payhub.outbox.models import Event


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


def say_event(event: Event, *, is_test: bool) -> dict[str, Any]:
    """Return an event as the API shows it and as webhooks carry it: the same, always."""
    return {
        "id": event.event_id,
        "type": event.name,
        "timestamp": event.created_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "is_test": is_test,
        "data": event.payload,
    }

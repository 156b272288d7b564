"""Row locks of the outbox: the last in the order payment, attempt, refund, event."""

from __future__ import annotations

from datetime import datetime

from payhub.outbox.models import Delivery, DeliveryState


def lock_due_delivery(now: datetime) -> Delivery | None:
    """Lock and return the oldest due delivery that nobody else is at, or None."""
    return (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("event")
        .filter(state=DeliveryState.PENDING, next_at__lte=now)
        .order_by("next_at", "id")
        .first()
    )


def lock_delivery(delivery_id: int) -> Delivery:
    """Lock and return one delivery."""
    return Delivery.objects.select_for_update(of=("self",)).select_related("event").get(pk=delivery_id)

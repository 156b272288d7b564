"""Emitting: the event and one delivery per consumer, in the transaction of the cause."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from payhub import numbers
from payhub.db import after_commit, require_transaction
from payhub.outbox.consumer import consumers
from payhub.outbox.models import Delivery, Event
from payhub.tasks import wake


def emit(*, name: str, subject: str, payload: Mapping[str, Any], at: datetime, merchant_id: int | None = None) -> Event:
    """Write the event and its deliveries; they stand exactly when the open transaction does.

    With `merchant_id` it is the merchant's own news, which the API and webhooks show as it stands.
    """
    require_transaction("An event")
    event = Event.objects.create(
        event_id=numbers.event_id(at),
        name=name,
        subject=subject,
        payload=dict(payload),
        merchant_id=merchant_id,
        created_at=at,
    )
    names = sorted(consumer for consumer, taker in consumers().items() if name in taker.events)
    Delivery.objects.bulk_create([Delivery(event=event, consumer=consumer, next_at=at) for consumer in names])
    if names:
        # Only to be quicker: the sweep finds the rows when this wake is lost.
        after_commit(partial(wake, "payhub.outbox.deliver_due"))
    return event

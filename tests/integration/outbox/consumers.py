"""Consumers that write what they hear into the trail, and fail when a test tells them to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from payhub.outbox.consumer import Consumer, Message
from payhub.trail.models import OperationRecord
from payhub.trail.record import record

# What happens after a consumer has written: the test puts functions here, one for each take; then nothing goes wrong.
trouble: list[Callable[[Message], None]] = []


def _take_as(name: str) -> Callable[[Message, datetime], None]:
    def take(message: Message, now: datetime) -> None:
        record(subject=f"consumer:{name}", action=message.event_id, actor=name, at=now)
        if trouble:
            trouble.pop(0)(message)

    return take


def heard_by(name: str) -> list[str]:
    """Return the ids of the events whose effect stands, in order."""
    records = OperationRecord.objects.filter(subject=f"consumer:{name}").order_by("sequence")
    return list(records.values_list("action", flat=True))


shop = Consumer(events=frozenset({"payment.paid"}), take=_take_as("shop"))
desk = Consumer(events=frozenset({"payment.paid", "payment.closed"}), take=_take_as("desk"))

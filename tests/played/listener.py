"""A consumer of events that remembers what it took."""

from __future__ import annotations

from datetime import datetime

from payhub.outbox.consumer import Consumer, Message

NAMES = ("payment.paid", "payment.closed", "payment.surplus", "refund.succeeded", "refund.failed")
taken: list[Message] = []


def take(message: Message, now: datetime) -> None:
    """Remember the message."""
    taken.append(message)


listener = Consumer(events=frozenset(NAMES), take=take)

"""The played merchant: writes down, outside of the database, every event that it is told. It fulfils by its journal."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from payhub.outbox.consumer import Consumer, Message
from tests.chaos.journal import Journal

EVENTS = ("payment.paid", "payment.closed", "payment.surplus", "refund.succeeded", "refund.failed")


def _take(message: Message, now: datetime) -> None:
    """Write it down before it is marked as done: told at least once, known again by the event's id."""
    journal = Journal(Path(os.environ["CHAOS_MERCHANT_JOURNAL"]))
    journal.note("told", event=message.event_id, name=message.name, order=message.payload["merchant_order_no"])


consumer = Consumer(events=frozenset(EVENTS), take=_take)

"""Alarming: a trail that was tampered with is an exception for operations, whoever finds it."""

from __future__ import annotations

from datetime import datetime

from orders.models import Complaint
from payhub.db import committed
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review


def alarm(*, complaint: Complaint, broken: list[str], now: datetime) -> None:
    """Open an exception about the broken chain, once."""
    with committed():
        open_review(
            kind=Kind.BROKEN_TRAIL,
            subject=complaint.subject,
            reason=f"The trail's chain is broken at {', '.join(broken[:5])}. Somebody changed the database directly. "
            "Keep a copy of it, compare with the last backup, decide nothing about this case before.",
            owner=Owner.OPERATIONS,
            at=now,
            money=complaint.money,
        )

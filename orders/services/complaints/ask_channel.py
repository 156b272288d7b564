"""Asking the channel anew about everything that was paid or tried for a case's order."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from cashier.public import ask_about
from orders.locks import lock_complaint
from orders.models import Complaint
from payhub.db import committed
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import record


def ask_channel(*, complaint: Complaint, person: User, now: datetime) -> None:
    """Ask, settle what is said, and keep it beside the case. Raises NotYourRole, PaymentNotFound."""
    require_role(person, *CASE_WORKERS)
    said = ask_about(merchant_id=complaint.merchant_id, merchant_order_no=complaint.order.order_no)
    words = [
        {
            "attempt_no": word.attempt_no,
            "outcome": word.outcome,
            "amount": str(word.money or ""),
            "channel_trade_no": word.channel_trade_no,
        }
        for word in said
    ]
    with committed():
        locked = lock_complaint(complaint.pk)
        locked.channel_said, locked.channel_said_at = words, now
        locked.save(update_fields=["channel_said", "channel_said_at"])
        told = ", ".join(f"{word['attempt_no']} {word['outcome']}" for word in words)
        record(subject=locked.subject, action="complaint.asked_channel", actor=f"staff:{person}", at=now, said=told)

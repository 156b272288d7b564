"""Revealing: personal data is masked at the desk; who looks behind the mask is in the trail before they see it."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from orders.locks import lock_complaint
from orders.models import Order
from payhub.db import committed
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import record


def reveal(*, complaint_id: int, person: User, now: datetime) -> Order:
    """Return the case's order with its buyer, and write down who saw it. Raises NotYourRole."""
    require_role(person, *CASE_WORKERS)
    with committed():
        complaint = lock_complaint(complaint_id)
        record(subject=complaint.subject, action="complaint.revealed", actor=f"staff:{person}", at=now)
        order: Order = complaint.order
        return order

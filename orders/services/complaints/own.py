"""Owning: somebody takes a case, a supervisor hands it on."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from orders.errors import ComplaintEnded
from orders.locks import lock_complaint
from orders.models import Complaint
from orders.states import ComplaintState
from payhub.db import committed
from payhub.roles import CASE_WORKERS, Role, require_role
from payhub.trail.record import record


def take(*, complaint_id: int, person: User, now: datetime) -> Complaint:
    """Become the case's owner and begin to check it. Raises NotYourRole, ComplaintEnded."""
    require_role(person, *CASE_WORKERS)
    return _give(complaint_id, person, person, now)


def assign(*, complaint_id: int, to: User, person: User, now: datetime) -> Complaint:
    """Hand the case to somebody who works on cases. Raises NotYourRole (of either), ComplaintEnded."""
    require_role(person, Role.CS_SUPERVISOR, Role.FINANCE)
    require_role(to, *CASE_WORKERS)
    return _give(complaint_id, to, person, now)


def _give(complaint_id: int, to: User, person: User, now: datetime) -> Complaint:
    with committed():
        complaint = lock_complaint(complaint_id)
        if not complaint.is_open:
            raise ComplaintEnded
        complaint.owner = to
        if complaint.state == ComplaintState.NEW:
            complaint.investigate()
        complaint.save(update_fields=["owner", "state"])
        record(subject=complaint.subject, action="complaint.owned", actor=f"staff:{person}", at=now, owner=str(to))
        return complaint

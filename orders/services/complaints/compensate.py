"""Compensating: a gift, a coupon or an amount besides the money, proposed by one person and approved by another."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from orders.errors import ComplaintEnded, NothingWritten, NotYourProposal
from orders.locks import lock_compensation, lock_complaint
from orders.models import Compensation
from payhub.db import committed
from payhub.money import Money
from payhub.roles import CASE_WORKERS, REFUND_APPROVERS, require_role
from payhub.trail.record import record


def propose_compensation(
    *, complaint_id: int, kind: Compensation.Kind, note: str, money: Money, person: User, now: datetime
) -> Compensation:
    """Propose it; nothing is given before another person approves. Raises NotYourRole, NothingWritten."""
    require_role(person, *CASE_WORKERS)
    if not note.strip() or money.minor <= 0:
        raise NothingWritten
    with committed():
        complaint = lock_complaint(complaint_id)
        proposed = Compensation.objects.create(
            complaint=complaint, kind=kind, note=note.strip()[:200], amount_minor=money.minor, currency=money.currency,
            proposed_by=person, proposed_at=now,
        )  # fmt: skip
        record(
            subject=complaint.subject, action="complaint.compensation_proposed", actor=f"staff:{person}", at=now,
            kind=kind, amount=str(money),
        )  # fmt: skip
        return proposed


def decide_compensation(*, compensation_id: int, approved: bool, person: User, now: datetime) -> None:
    """Approve or refuse it. Raises NotYourRole, NotYourProposal (superusers included), ComplaintEnded (decided)."""
    require_role(person, *REFUND_APPROVERS)
    with committed():
        proposed = lock_compensation(compensation_id)
        if proposed.approved is not None:
            raise ComplaintEnded
        if proposed.proposed_by_id == person.pk:
            raise NotYourProposal
        proposed.approved, proposed.decided_by, proposed.decided_at = approved, person, now
        proposed.save(update_fields=["approved", "decided_by", "decided_at"])
        action = "complaint.compensation_approved" if approved else "complaint.compensation_refused"
        record(
            subject=proposed.complaint.subject,
            action=action,
            actor=f"staff:{person}",
            at=now,
            amount=str(proposed.money),
        )

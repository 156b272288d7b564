"""Deciding a case: one of eight ways, with a reason, by somebody whose role it is, on what the channel says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User

from cashier.public import PaymentNotFound, PaymentState, PaymentView, find_payment
from orders.errors import CannotMerge, ComplaintEnded, NothingReceived, ReasonMissing
from orders.locks import lock_complaint, lock_order
from orders.models import Complaint, ComplaintMessage
from orders.models.complaint import Decision
from orders.services.complaints.follow_return import follow_return
from orders.services.follow import follow
from orders.states import COMPLAINT_UNDECIDED, ComplaintState
from payhub.db import committed
from payhub.roles import CASE_WORKERS, require_role
from payhub.trail.record import record

MIN_REASON = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What was decided, why, and what the shopper is told besides the words that go with the decision."""

    decision: Decision
    reason: str
    message: str = ""
    merge_into: str = ""  #: The other case's number, for MERGE.


def decide(*, complaint_id: int, ruling: Ruling, person: User, now: datetime) -> Complaint:
    """Decide an undecided case, write to its shopper, and do what follows in the same transaction.

    No money moves here: a refund is asked for on its own, and somebody else approves it. Decisions that return or
    credit money need the channel's confirmed word, not a picture. Raises NotYourRole, ComplaintEnded, ReasonMissing,
    NothingReceived, CannotMerge.
    """
    require_role(person, *CASE_WORKERS)
    reason = ruling.reason.replace("\x00", "").strip()
    if len(reason) < MIN_REASON:
        raise ReasonMissing
    with committed():
        order_no, merchant_id = Complaint.objects.values_list("order__order_no", "merchant_id").get(pk=complaint_id)
        order = lock_order(merchant_id=merchant_id, order_no=order_no)  # before the case, as everywhere
        complaint = lock_complaint(complaint_id)
        if complaint.state not in COMPLAINT_UNDECIDED:
            raise ComplaintEnded
        payment = _payment(complaint)
        _require_money(ruling.decision, payment)
        complaint.owner = complaint.owner or person
        _apply(complaint, ruling, reason, person, now)
        record(
            subject=complaint.subject, action="complaint.decided", actor=f"staff:{person}", at=now,
            decision=ruling.decision, why=reason,
        )  # fmt: skip
        if ruling.message.strip():
            ComplaintMessage.objects.create(
                complaint=complaint, author=ComplaintMessage.Author.STAFF, text=ruling.message.strip(), written_at=now
            )
        if payment is not None:
            if ruling.decision == Decision.CREDIT_ORDER:
                follow(order=order, payment=payment, now=now)
            follow_return(complaint=complaint, payment=payment, now=now)
        _end_what_needs_no_money(complaint, payment, now)
        return complaint


def _payment(complaint: Complaint) -> PaymentView | None:
    try:
        return find_payment(merchant_id=complaint.merchant_id, merchant_order_no=complaint.order.order_no)
    except PaymentNotFound:
        return None


def _require_money(decision: Decision, payment: PaymentView | None) -> None:
    """Refuse to return or credit what the channel has not confirmed."""
    if decision == Decision.CREDIT_ORDER and (payment is None or payment.state != PaymentState.PAID):
        raise NothingReceived
    if decision in {Decision.REFUND_DUPLICATE, Decision.PART_REFUND, Decision.PAID_LATE} and not _has_money(payment):
        raise NothingReceived


def _has_money(payment: PaymentView | None) -> bool:
    return payment is not None and (payment.state == PaymentState.PAID or any(r.is_surplus for r in payment.refunds))


def _apply(complaint: Complaint, ruling: Ruling, reason: str, person: User, now: datetime) -> None:
    changed = ["state", "owner", "decision", "decision_reason", "decided_by", "decided_at", "ended_at", "merged_into"]
    if ruling.decision == Decision.ASK_AGAIN:
        if complaint.state != ComplaintState.WAITING:
            complaint.wait()
        complaint.due_at = now + timedelta(seconds=settings.STATEMENT_WITHIN_S)
        changed = ["state", "owner", "due_at"]
    elif ruling.decision == Decision.MERGE:
        complaint.merge(_other_case(complaint, ruling.merge_into), reason, person.pk, now)
    elif ruling.decision == Decision.WITHDRAWN:
        complaint.withdraw(reason, person.pk, now)
    else:
        complaint.decide(ruling.decision, reason, person.pk, now)
    complaint.save(update_fields=changed)


def _other_case(complaint: Complaint, complaint_no: str) -> Complaint:
    others = Complaint.objects.filter(merchant_id=complaint.merchant_id, ended_at__isnull=True).exclude(pk=complaint.pk)
    other = others.filter(complaint_no=complaint_no.strip().upper()).first()
    if other is None:
        raise CannotMerge
    return other


def _end_what_needs_no_money(complaint: Complaint, payment: PaymentView | None, now: datetime) -> None:
    no_surplus = payment is None or not any(refund.is_surplus for refund in payment.refunds)
    is_late_and_taken = complaint.decision == Decision.PAID_LATE and no_surplus
    done = complaint.decision in {Decision.TWO_PURCHASES, Decision.CREDIT_ORDER} or is_late_and_taken
    if complaint.state == ComplaintState.DECIDED and done:
        complaint.close(now)
        complaint.save(update_fields=["state", "ended_at"])

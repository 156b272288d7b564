"""Following the money: a decided case moves with the refunds of its order's payment. Events and the sweep end here."""

from __future__ import annotations

from datetime import datetime

from cashier.public import PaymentNotFound, PaymentView, RefundState, RefundView, find_payment
from orders.locks import lock_complaint, lock_open_complaint, lock_order, lock_refunding_complaints
from orders.models import Complaint
from orders.models.complaint import Decision
from orders.states import ComplaintState
from payhub.db import committed
from payhub.trail.record import SYSTEM, record

BATCH = 100
_RETURNS = {Decision.REFUND_DUPLICATE, Decision.PART_REFUND, Decision.PAID_LATE}
_GIVEN_UP = {RefundState.REJECTED, RefundState.WITHDRAWN, RefundState.LAPSED}


def returns_of(complaint: Complaint, payment: PaymentView) -> list[RefundView]:
    """Return the refunds that the case's decision is about: all surplus, and what was asked for since the decision."""
    since = complaint.decided_at or complaint.created_at
    return [refund for refund in payment.refunds if refund.is_surplus or refund.requested_at >= since]


def follow_return(*, complaint: Complaint, payment: PaymentView, now: datetime) -> None:
    """Move the locked, decided case to where its money is; nothing if it is there already.

    All returned: closed. One is under way: refunding. All were given up: back to whoever decides, for then what was
    decided cannot be done.
    """
    if complaint.state not in {ComplaintState.DECIDED, ComplaintState.REFUNDING} or complaint.decision not in _RETURNS:
        return
    found = returns_of(complaint, payment)
    standing = [refund for refund in found if refund.state not in _GIVEN_UP]
    if not standing:
        if complaint.state == ComplaintState.REFUNDING or found:
            complaint.reopen()
            _save(complaint, "complaint.reopened", now)
        return
    if complaint.state == ComplaintState.DECIDED:
        complaint.refund()
        _save(complaint, "complaint.refunding", now)
    if all(refund.state == RefundState.SUCCEEDED for refund in standing):
        complaint.close(now)
        _save(complaint, "complaint.closed", now)


def _save(complaint: Complaint, action: str, now: datetime) -> None:
    complaint.save(update_fields=["state", "ended_at"])
    record(subject=complaint.subject, action=action, actor=SYSTEM, at=now)


def follow_now(*, complaint_id: int, now: datetime) -> None:
    """Let one case follow its money at once, in a transaction of its own."""
    with committed():
        complaint = lock_complaint(complaint_id)
        _follow(complaint, now)


def follow_order(*, merchant_id: int, order_no: str, now: datetime) -> None:
    """Let the order's open case follow its money, in the open transaction. Raises OrderNotFound."""
    order = lock_order(merchant_id=merchant_id, order_no=order_no)
    complaint = lock_open_complaint(order)
    if complaint is not None:
        _follow(complaint, now)


def follow_all(*, now: datetime) -> int:
    """Let every decided case follow its money, whatever became of the events; return how many were looked at."""
    seen, after = 0, 0
    while True:
        with committed():
            batch = lock_refunding_complaints(after=after, limit=BATCH)
            for complaint in batch:
                _follow(complaint, now)
        seen += len(batch)
        if len(batch) < BATCH:
            return seen
        after = batch[-1].pk


def _follow(complaint: Complaint, now: datetime) -> None:
    try:
        payment = find_payment(merchant_id=complaint.merchant_id, merchant_order_no=complaint.order.order_no)
    except PaymentNotFound:
        return
    follow_return(complaint=complaint, payment=payment, now=now)

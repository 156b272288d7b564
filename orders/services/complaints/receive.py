"""Receiving: surplus, and a bill that differs, open a case by themselves; the end of a refund ends the case that waits."""

from __future__ import annotations

from datetime import datetime

from cashier.public import PaymentView, RefundState, find_payment
from orders.errors import OrderNotFound
from orders.locks import lock_order
from orders.models import Complaint, Order
from orders.models.complaint import ComplaintKind, ComplaintSource, Decision
from orders.services.complaints.follow_return import follow_order, follow_return
from orders.services.complaints.report import Report, put
from orders.states import ComplaintState
from payhub.money import Money
from payhub.outbox.consumer import Message
from payhub.trail.record import SYSTEM, record

_KINDS = {
    "SURPLUS_SECOND": ComplaintKind.DUPLICATE,
    "SURPLUS_LATE": ComplaintKind.LATE,
    "SURPLUS_AMOUNT": ComplaintKind.AMOUNT,
}
# By the bucket in which the bill's line lies (reconciliation).
_BILL_KINDS = {
    "DUPLICATE": ComplaintKind.DUPLICATE,
    "AMOUNT": ComplaintKind.AMOUNT,
    "CURRENCY": ComplaintKind.AMOUNT,
}
_BY_ITSELF = "The amount is within what the merchant lets go back without a person."


def receive(message: Message, now: datetime) -> None:
    """Take an event of the payment centre in, in the transaction that marks it delivered. Not our order: nothing."""
    if message.subject.startswith("order:"):
        return  # what the order told its merchant bears the same names (`orders.services.tell`)
    merchant_id, order_no = message.payload["merchant_id"], message.payload["merchant_order_no"]
    try:
        if message.name == "payment.surplus":
            _open(lock_order(merchant_id=merchant_id, order_no=order_no), message, now)
        elif message.name == "bill.differs":
            _open_about_bill(lock_order(merchant_id=merchant_id, order_no=order_no), message, now)
        else:
            follow_order(merchant_id=merchant_id, order_no=order_no, now=now)
    except OrderNotFound:
        return


def _open(order: Order, message: Message, now: datetime) -> None:
    payload = message.payload
    said = Report(
        kind=_KINDS[payload["why"]],
        source=ComplaintSource.SYSTEM,
        actor=SYSTEM,
        money=Money(payload["amount_minor"], payload["currency"]),
    )
    opened = put(order=order, said=said, now=now)
    payment = find_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no)
    if opened.is_new and _goes_back_by_itself(payment, payload["refund_no"]):
        _decide_by_itself(opened.complaint, now)
    follow_return(complaint=opened.complaint, payment=payment, now=now)


def _open_about_bill(order: Order, message: Message, now: datetime) -> None:
    """The desk looks at the buyer's side; the books' side is decided on the day's page."""
    payload = message.payload
    said = Report(
        kind=_BILL_KINDS.get(payload["bucket"], ComplaintKind.LOST),
        source=ComplaintSource.SYSTEM,
        actor=SYSTEM,
        money=Money(payload["amount_minor"], payload["currency"]) if payload["amount_minor"] else None,
        why=payload["why"],
    )
    put(order=order, said=said, now=now)


def _goes_back_by_itself(payment: PaymentView, refund_no: str) -> bool:
    return any(r.refund_no == refund_no and r.state != RefundState.REQUESTED for r in payment.refunds)


def _decide_by_itself(complaint: Complaint, now: datetime) -> None:
    """Nobody is needed for what goes back by itself; the case stands as the shopper's page and as evidence."""
    if complaint.state != ComplaintState.NEW:
        return
    complaint.decide(Decision.REFUND_DUPLICATE, _BY_ITSELF, None, now)
    complaint.save(update_fields=["state", "decision", "decision_reason", "decided_by", "decided_at"])
    record(
        subject=complaint.subject, action="complaint.decided", actor=SYSTEM, at=now,
        decision=Decision.REFUND_DUPLICATE, why=_BY_ITSELF,
    )  # fmt: skip

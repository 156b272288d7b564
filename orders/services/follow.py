"""Following: an order is brought in line with its payment. Events and asking both end here."""

from __future__ import annotations

from datetime import datetime

from cashier.public import PaymentState, PaymentView, RefundState
from orders.models import Order
from orders.services.tell import tell
from orders.states import OrderState
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from payhub.trail.record import SYSTEM, record


def follow(*, order: Order, payment: PaymentView, now: datetime) -> None:
    """Move the locked order to where its payment is; nothing if it is there already.

    The payment was read after the order was locked, so it is never older than what the order followed before:
    events that come twice, late or in the wrong order change nothing wrong. Money that the order cannot take
    becomes an exception for a person, never silence.
    """
    if payment.state == PaymentState.CLOSED and order.state == OrderState.AWAITING_PAYMENT:
        _end(order, payment, now)
    elif payment.state == PaymentState.PAID:
        if payment.money != order.money:
            _cannot_take(order, payment, f"{payment.money} was paid for an order of {order.money}.", now)
            return
        if order.state == OrderState.CANCELLED:
            _cannot_take(order, payment, f"{payment.money} was paid for an order that was cancelled.", now)
            return
        if order.state in {OrderState.AWAITING_PAYMENT, OrderState.EXPIRED}:
            _pay(order, payment, now)
        _refund(order, payment, now)


def _end(order: Order, payment: PaymentView, now: datetime) -> None:
    (order.cancel if payment.ending == "CANCELLED" else order.expire)(now)
    order.save(update_fields=["state", "ended_at"])
    record(subject=order.subject, action=f"order.{order.state.lower()}", actor=SYSTEM, at=now)
    tell(order=order, event_type=f"order.{order.state.lower()}", at=now)


def _pay(order: Order, payment: PaymentView, now: datetime) -> None:
    was_late = order.state == OrderState.EXPIRED
    order.pay(payment.payment_no, payment.paid_at or now)
    order.save(update_fields=["state", "payment_no", "paid_at"])
    record(
        subject=order.subject,
        action="order.paid_late" if was_late else "order.paid",
        actor=SYSTEM,
        at=now,
        payment_no=payment.payment_no,
        amount=str(payment.money),
    )
    tell(order=order, event_type="order.paid", at=now, payment_no=order.payment_no)


def _refund(order: Order, payment: PaymentView, now: datetime) -> None:
    """Count what went back of the order's own money; surplus was never the order's."""
    returned = sum(
        refund.money.minor
        for refund in payment.refunds
        if refund.state == RefundState.SUCCEEDED and not refund.is_surplus
    )
    if returned <= order.refunded_minor:
        return
    order.refunded_minor = returned
    if returned == order.amount_minor:
        order.refund_wholly()
    elif order.state != OrderState.PARTLY_REFUNDED:
        order.refund_partly()
    order.save(update_fields=["state", "refunded_minor"])
    record(subject=order.subject, action="order.refunded", actor=SYSTEM, at=now, returned=str(order.refunded))


def _cannot_take(order: Order, payment: PaymentView, what: str, now: datetime) -> None:
    opened = open_review(
        kind=Kind.UNPAYABLE_ORDER,
        subject=order.subject,
        reason=f"{what} Payment {payment.payment_no} holds the money and the order stays {order.state}. "
        "Return the money, or agree with the buyer on a new order.",
        owner=Owner.SUPPORT,
        at=now,
        money=payment.money,
    )
    if opened:
        record(subject=order.subject, action="order.cannot_take", actor=SYSTEM, at=now, payment_no=payment.payment_no)

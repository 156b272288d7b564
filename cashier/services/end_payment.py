"""Ending payments without money: by time or by cancellation, the live attempts at the channel first."""

from __future__ import annotations

from datetime import datetime

from cashier.locks import lock_attempts, lock_overdue_payments, lock_payment
from cashier.models import Attempt, Payment
from cashier.models.payment import ClosedBecause
from cashier.services import pending
from cashier.states import PaymentState
from payhub.db import committed
from payhub.outbox.emit import emit
from payhub.trail.record import SYSTEM, record

BATCH = 50


def expire_due(*, now: datetime) -> int:
    """Begin the end of payments past their time; return how many. One short transaction each batch."""
    with committed():
        overdue = lock_overdue_payments(now, BATCH)
        for payment in overdue:
            _begin_end(payment, ClosedBecause.EXPIRED, SYSTEM, now)
    return len(overdue)


def cancel_payment(*, payment_id: int, actor: str, now: datetime) -> Payment:
    """Begin the end of a payment because it is no longer wanted; return it as it stands then.

    OPEN with `close_wanted`: the channel is being asked, and money that arrives meanwhile still pays. PAID: too
    late, refund instead. Calling it again changes nothing.
    """
    with committed():
        payment = lock_payment(payment_id)
        if payment.state == PaymentState.OPEN and not payment.close_wanted:
            _begin_end(payment, ClosedBecause.CANCELLED, actor, now)
        return payment


def _begin_end(payment: Payment, because: ClosedBecause, actor: str, now: datetime) -> None:
    payment.close_wanted = because
    payment.save(update_fields=["close_wanted"])
    record(subject=payment.subject, action="payment.ending", actor=actor, at=now, because=because)
    attempts = lock_attempts(payment)
    for attempt in attempts:
        if attempt.is_live:
            pending.begin_closing(attempt, now)
    end_if_wanted(payment, attempts, now)


def end_if_wanted(payment: Payment, attempts: list[Attempt], now: datetime) -> None:
    """Close the locked payment if that is wanted and no attempt is left that may still be paid.

    A superseded attempt does not hold the end up: its late success is surplus, and is found all the same.
    """
    if payment.state != PaymentState.OPEN or not payment.close_wanted:
        return
    if any(attempt.is_live and attempt.superseded_at is None for attempt in attempts):
        return
    payment.close(now)
    payment.save(update_fields=["state", "closed_at"])
    record(subject=payment.subject, action="payment.closed", actor=SYSTEM, at=now, because=payment.close_wanted)
    emit(
        name="payment.closed",
        subject=payment.subject,
        payload={
            "payment_no": payment.payment_no,
            "merchant_id": payment.merchant_id,
            "merchant_order_no": payment.merchant_order_no,
            "because": payment.close_wanted,
        },
        at=now,
    )

"""Extending: a shopper who needs longer keeps the payment open, before its time is over."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from cashier.errors import MayNotExtend
from cashier.locks import lock_payment
from cashier.models import Payment
from cashier.states import PaymentState
from payhub.db import committed
from payhub.trail.record import SHOPPER, record, story

OFFERED_FOR = timedelta(minutes=10)  # before the end; the page says so and one click does it
TIMES = 10  # as often as accessibility guidelines ask for

_EXTENDED = "payment.extended"


def may_extend(payment: Payment, now: datetime) -> bool:
    """Tell whether the page offers more time: shortly before the end, where the shop's stock can wait."""
    step_s: int = settings.PAYMENT_EXTENSION_S
    near = payment.expires_at - OFFERED_FOR <= now < payment.expires_at
    return bool(step_s) and near and payment.state == PaymentState.OPEN and not payment.close_wanted


def extend_payment(*, payment_id: int, now: datetime) -> Payment:
    """Move the end of the payment by settings.PAYMENT_EXTENSION_S seconds; at most ten times.

    Raises MayNotExtend when it is not near its end (a second click), over, or was extended often enough.
    """
    with committed():
        payment = lock_payment(payment_id)
        before = sum(1 for entry in story([payment.subject]) if entry.action == _EXTENDED)
        if not may_extend(payment, now) or before >= TIMES:
            raise MayNotExtend
        payment.expires_at += timedelta(seconds=settings.PAYMENT_EXTENSION_S)
        payment.save(update_fields=["expires_at"])
        until = payment.expires_at.isoformat()
        record(subject=payment.subject, action=_EXTENDED, actor=SHOPPER, at=now, until=until)
    return payment

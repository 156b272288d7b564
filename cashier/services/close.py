"""Closing: the shopper gives up the live attempt; the channel is asked, and only its answer frees the payment."""

from __future__ import annotations

from datetime import datetime

from cashier.errors import CannotClose
from cashier.locks import lock_attempts, lock_payment_of_attempt
from cashier.models import Attempt
from cashier.services import pending
from cashier.services.channel_calls import method_of
from cashier.services.query import get_attempt, query_attempt
from payhub.db import committed
from payhub.trail.record import SHOPPER, record


def close_attempt(*, attempt_no: str, now: datetime) -> Attempt:
    """Ask the channel to close this attempt, and return the attempt as it stands then.

    CLOSED frees the payment, SUCCEEDED means that the money was quicker, CLOSING that the channel has not said yet:
    it is asked on. An attempt that has ended is returned as it is. Raises AttemptNotFound, and CannotClose where the
    channel has no way to close. Never called inside a transaction.
    """
    with committed():
        payment = lock_payment_of_attempt(attempt_no)
        attempt = next(a for a in lock_attempts(payment) if a.attempt_no == attempt_no)
        if not attempt.is_live:
            return get_attempt(attempt_no)
        if not method_of(attempt).can_close:
            raise CannotClose
        pending.begin_closing(attempt, now)
        record(
            subject=payment.subject,
            action="attempt.closing",
            actor=SHOPPER,
            at=now,
            attempt_no=attempt_no,
            because="the shopper asked",
        )
    return query_attempt(attempt_no=attempt_no)

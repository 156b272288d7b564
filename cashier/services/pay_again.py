"""Paying again although the earlier attempt's end is unknown: the last way out, once per payment, on the shopper's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from cashier.errors import AttemptNotFound, MayNotPayAgain
from cashier.locks import lock_attempts, lock_payment
from cashier.models import Attempt, Payment
from cashier.services.channel_calls import method_of
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.states import AttemptState, PaymentState
from payhub import clock
from payhub.db import committed
from payhub.trail.record import SHOPPER, record

ASK_AT_LEAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What the shopper said that they see in their account, and how they were asked: evidence for later."""

    attempt_no: str
    sees: str  #: not_charged or charged.
    text_version: str
    language: str
    shopper_ip: str | None
    user_agent: str


def may_pay_again(attempt: Attempt, attempts: Sequence[Attempt], now: datetime) -> bool:
    """Tell whether the shopper may be asked to declare that this attempt charged them nothing.

    Only when nothing else is left: it is being closed without an answer, its result is UNKNOWN, or its channel
    cannot close; it is PAY_AGAIN_AFTER_S old and was asked about three times; and no attempt was set aside before.
    """
    if not attempt.is_live or any(other.superseded_at is not None for other in attempts):
        return False
    # A channel that is only slow has answered by then; before, asking again is better than paying again.
    old_enough = now >= attempt.created_at + timedelta(seconds=settings.PAY_AGAIN_AFTER_S)
    if not old_enough or attempt.asked_count < ASK_AT_LEAST:
        return False
    return attempt.state in {AttemptState.UNKNOWN, AttemptState.CLOSING} or not method_of(attempt).can_close


def pay_again(*, payment_id: int, declaration: Declaration, choice: Choice, now: datetime) -> Attempt:
    """Set the attempt aside on the shopper's word and start another; return the new attempt.

    The channel is asked once more first: an end that it names is settled, and then this is `pay` like any other. An
    attempt that is set aside is still queried and still billed; if it succeeds after all, its money goes back.
    Raises MayNotPayAgain, AttemptNotFound, and what `pay` raises. Never called inside a transaction.
    """
    query_attempt(attempt_no=declaration.attempt_no)
    with committed():
        payment = lock_payment(payment_id)
        attempts = lock_attempts(payment)
        attempt = _named(attempts, declaration.attempt_no)
        # Where the end is wanted, pay() refuses; the attempt is not set aside for nothing then.
        if attempt.is_live and payment.state == PaymentState.OPEN and not payment.close_wanted:
            if not may_pay_again(attempt, attempts, now):
                raise MayNotPayAgain
            attempt.superseded_at = now
            attempt.save(update_fields=["superseded_at"])
            _tell(payment, declaration, now)
    return pay(payment_id=payment_id, choice=choice, now=clock.now())


def note_charge(*, payment_id: int, declaration: Declaration, now: datetime) -> None:
    """Keep on record that the shopper sees a charge. Nothing is started. Raises AttemptNotFound."""
    with committed():
        payment = lock_payment(payment_id)
        _named(lock_attempts(payment), declaration.attempt_no)
        _tell(payment, declaration, now)


def _named(attempts: Sequence[Attempt], attempt_no: str) -> Attempt:
    found = next((attempt for attempt in attempts if attempt.attempt_no == attempt_no), None)
    if found is None:
        raise AttemptNotFound
    return found


def _tell(payment: Payment, declaration: Declaration, now: datetime) -> None:
    record(
        subject=payment.subject,
        action="shopper.declared",
        actor=SHOPPER,
        at=now,
        attempt_no=declaration.attempt_no,
        sees=declaration.sees,
        text_version=declaration.text_version,
        language=declaration.language,
        shopper_ip=declaration.shopper_ip or "",
        user_agent=declaration.user_agent[:300],
    )

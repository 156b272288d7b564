"""What a fact means for a payment and an attempt: one pure function, every state by every outcome (docs/states.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cashier.channels.base import Fact, Outcome
from cashier.models import Attempt, Payment
from cashier.models.payment import ClosedBecause
from cashier.schedule import DEADLINE_MARGIN_S
from cashier.services.channel_calls import method_of
from cashier.states import AttemptState, PaymentState, Verdict
from payhub.merchants.models import LatePaymentPolicy
from payhub.money import Money


def judge(payment: Payment, attempt: Attempt, fact: Fact, said_at: datetime, *, taken: Mapping[str, Money]) -> Verdict:
    """Say what the fact means. Both rows are locked, nothing is changed here.

    `said_at` is when it was so (an answer may wait for its batch); `taken` are the receipts that the attempt
    has already by the channel's numbers, the oldest first, whichever door they came by.
    """
    if fact.outcome is Outcome.PAID:
        return _judge_success(payment, attempt, fact, taken)
    if fact.outcome in {Outcome.FAILED, Outcome.CLOSED}:
        return _judge_end(attempt, fact)
    if fact.outcome is Outcome.NOT_FOUND and attempt.is_live and is_provably_dead(attempt, said_at):
        return Verdict.FREES_CLOSED
    return Verdict.STILL_OPEN


def _judge_success(payment: Payment, attempt: Attempt, fact: Fact, taken: Mapping[str, Money]) -> Verdict:
    if attempt.state == AttemptState.SUCCEEDED:
        return _judge_repeat(fact, taken)
    if fact.amount != payment.money:
        return Verdict.SURPLUS_AMOUNT
    if payment.state == PaymentState.PAID:
        return Verdict.SURPLUS_SECOND
    if payment.state == PaymentState.CLOSED:
        return Verdict.PAYS_LATE if _takes_late(payment) else Verdict.SURPLUS_LATE
    return Verdict.PAYS


def _judge_repeat(fact: Fact, taken: Mapping[str, Money]) -> Verdict:
    """One number collected twice (two payers, two channel trades) is a second receipt, not a repeat; the second one
    told by another door (the bill) is a repeat again, else it would go back twice."""
    number = fact.channel_trade_no
    # A receipt without a number may be any: to take it for a second one would return the good money.
    known = taken.get(number, taken.get("")) if number else next(iter(taken.values()))
    if known is None:
        return Verdict.SURPLUS_SECOND
    return Verdict.REPEATED if known == fact.amount else Verdict.CONTRADICTS


def _takes_late(payment: Payment) -> bool:
    return (
        payment.close_wanted == ClosedBecause.EXPIRED
        and payment.merchant.late_payment_policy == LatePaymentPolicy.ACCEPT
    )


def _judge_end(attempt: Attempt, fact: Fact) -> Verdict:
    if attempt.state == AttemptState.SUCCEEDED:
        return Verdict.CONTRADICTS  # the money came; an end unpaid cannot be true, a person must look
    if not attempt.is_live:
        return Verdict.REPEATED
    return Verdict.FREES_FAILED if fact.outcome is Outcome.FAILED else Verdict.FREES_CLOSED


def is_provably_dead(attempt: Attempt, now: datetime) -> bool:
    """Say whether "no such order" now proves that nobody can pay this number any more.

    Either no code was shown and none will be (the lease is over: a create that answers now shows nothing), or the
    channel's own deadline has passed, where it keeps one. Before that a create in flight or an unscanned code may
    still be paid.
    """
    never_shown = not attempt.presentation_kind and now >= attempt.lease_until
    is_over = now >= attempt.expires_at + timedelta(seconds=DEADLINE_MARGIN_S)
    return never_shown or (is_over and method_of(attempt).hard_expiry)

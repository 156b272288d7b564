"""The one door: every fact about money, from anywhere, goes through `settle`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cashier.channels.base import Fact
from cashier.errors import AttemptNotFound
from cashier.locks import lock_attempts, lock_payment_of_attempt
from cashier.models import Attempt, ChannelAccount, ChannelFact, Payment
from cashier.services import ledger, pending
from cashier.services.end_payment import end_if_wanted
from cashier.services.facts import receipts_of, store, take_not_ours
from cashier.services.judge import judge
from cashier.services.settle_refund import settle_refund
from cashier.services.surplus import intend_return
from cashier.states import PAYING_VERDICTS, SURPLUS, AttemptState, FactSource, Verdict
from payhub.db import committed
from payhub.outbox.emit import emit
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review, settle_review
from payhub.trail.record import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a fact."""

    verdict: Verdict
    is_new: bool  #: False: the same fact was settled before; nothing was changed.


def settle(
    *, fact: Fact, source: FactSource, account: ChannelAccount, now: datetime, asked_at: datetime | None = None
) -> Settled:
    """Take one authenticated fact in, in one durable transaction, and do everything that follows from it.

    1. Lock the payment, then its attempts. 2. Judge. 3. Store the fact; the same one again ends here. 4. Move the
    attempt, the payment and the ledger; intend a return of surplus. 5. Emit the events. 6. End or reschedule the
    query. Raises nothing for what a channel may say; a number that is not ours becomes an exception for a person.
    `asked_at` is when an answer was asked for: what it proves, it proves of then.
    """
    if fact.refund_no:
        return Settled(**settle_refund(fact=fact, source=source, account=account, now=now))
    with committed():
        try:
            payment = lock_payment_of_attempt(fact.attempt_no)
        except AttemptNotFound:
            return Settled(**take_not_ours(fact, source, account, now))
        attempts = lock_attempts(payment)
        attempt = next(a for a in attempts if a.attempt_no == fact.attempt_no)
        if attempt.account_id != account.pk:
            return Settled(
                **take_not_ours(fact, source, account, now)
            )  # a message of one account about another's number
        attempt.payment = payment
        verdict = judge(payment, attempt, fact, asked_at or now, taken=receipts_of(attempt))
        if verdict is Verdict.STILL_OPEN:
            pending.reschedule(attempt, fact, source, now)
            return Settled(verdict=verdict, is_new=False)
        stored = store(fact, source, account, verdict, now, attempt=attempt)
        if stored is None:
            pending.forget(attempt)
            return Settled(verdict=verdict, is_new=False)
        _apply(payment, attempts, attempt, stored, now)
        return Settled(verdict=verdict, is_new=True)


def _apply(payment: Payment, attempts: list[Attempt], attempt: Attempt, fact: ChannelFact, now: datetime) -> None:
    verdict = Verdict(fact.verdict)
    may_be_in_review = attempt.state in {AttemptState.UNKNOWN, AttemptState.CLOSING}  # an UNKNOWN one that spoke again
    if verdict in PAYING_VERDICTS or verdict in SURPLUS:
        _take_money(payment, attempt, fact, now)
    elif verdict in {Verdict.FREES_FAILED, Verdict.FREES_CLOSED}:
        (attempt.fail if verdict is Verdict.FREES_FAILED else attempt.close)(fact, now)
        attempt.last_message = fact.message
        attempt.save(update_fields=["state", "proof", "ended_at", "last_message"])
    elif verdict is Verdict.CONTRADICTS:
        open_review(
            kind=Kind.CONTRADICTION,
            subject=f"attempt:{attempt.attempt_no}",
            reason=f"{fact.source} says {fact.outcome} {fact.money or ''} after the money had been received. "
            "Nothing was changed; compare with the channel's bill.",
            owner=Owner.FINANCE,
            at=now,
            money=attempt.money,
        )
    record(
        subject=payment.subject,
        action=f"attempt.{verdict.lower()}",
        actor=f"channel:{attempt.account.code}",
        at=now,
        attempt_no=attempt.attempt_no,
        source=fact.source,
        fact=fact.pk,
        amount=str(fact.money) if fact.money else "",
    )
    pending.forget(attempt)
    if may_be_in_review and not attempt.is_live:
        settle_review(kinds=[Kind.UNKNOWN_PAYMENT], subject=f"attempt:{attempt.attempt_no}", resolution=verdict, at=now)
    if verdict in PAYING_VERDICTS:
        _stop_the_others(attempts, attempt, now)
    else:
        # Not only a freed attempt: one that brought the wrong amount has ended, too, and pays nothing.
        end_if_wanted(payment, attempts, now)


def _take_money(payment: Payment, attempt: Attempt, fact: ChannelFact, now: datetime) -> None:
    verdict = Verdict(fact.verdict)
    if attempt.state != AttemptState.SUCCEEDED:
        attempt.succeed(fact, now)
        attempt.surplus = verdict in SURPLUS
        attempt.save(update_fields=["state", "proof", "ended_at", "channel_trade_no", "surplus"])
    if verdict in SURPLUS:
        ledger.book_surplus(payment, attempt, fact, now)
        intend_return(payment, attempt, fact, now)
        return
    payment.pay_by(attempt, now)
    payment.save(update_fields=["state", "paid_by", "paid_at"])
    ledger.book_receipt(payment, attempt, fact, now)
    emit(
        name="payment.paid",
        subject=payment.subject,
        payload={
            "payment_no": payment.payment_no,
            "merchant_id": payment.merchant_id,
            "merchant_order_no": payment.merchant_order_no,
            "amount_minor": payment.amount_minor,
            "currency": payment.currency,
            "attempt_no": attempt.attempt_no,
            "late": verdict is Verdict.PAYS_LATE,
            "paid_at": (fact.occurred_at or now).isoformat(),
        },
        at=now,
    )


def _stop_the_others(attempts: list[Attempt], paid: Attempt, now: datetime) -> None:
    """Close what else may still be paid (superseded ones, or the other methods under refund_extra)."""
    for other in attempts:
        if other.pk != paid.pk and other.is_live:
            pending.begin_closing(other, now)

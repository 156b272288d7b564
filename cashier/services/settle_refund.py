"""The part of `settle` that takes in facts about refunds."""

from __future__ import annotations

from datetime import datetime, timedelta

from cashier.channels.base import Fact, Outcome
from cashier.errors import RefundNotFound
from cashier.locks import lock_payment_of_refund, lock_refund
from cashier.models import ChannelAccount, ChannelFact, PendingQuery, Refund
from cashier.schedule import REFUND, next_while_ending, next_while_unknown
from cashier.services import ledger
from cashier.services.facts import Taken, store, take_not_ours
from cashier.states import FactSource, RefundState, Verdict
from payhub.db import committed
from payhub.outbox.emit import emit
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review, settle_review
from payhub.trail.record import SYSTEM, record

_REFUND_KINDS = [Kind.SURPLUS, Kind.AMOUNT_MISMATCH, Kind.UNKNOWN_REFUND, Kind.FAILED_REFUND]


def settle_refund(*, fact: Fact, source: FactSource, account: ChannelAccount, now: datetime) -> Taken:
    """Take one authenticated fact about a refund in; see `settle`."""
    with committed():
        try:
            payment = lock_payment_of_refund(fact.refund_no)
        except RefundNotFound:
            return take_not_ours(fact, source, account, now)
        refund = lock_refund(fact.refund_no)
        if refund.attempt.account_id != account.pk or refund.attempt.attempt_no != fact.attempt_no:
            return take_not_ours(fact, source, account, now)
        refund.attempt.payment = payment
        verdict = _judge(refund, fact)
        stored = None
        if verdict is not Verdict.STILL_OPEN:
            stored = store(fact, source, account, verdict, now, attempt=refund.attempt, refund=refund)
        if stored is not None:
            _apply(refund, stored, now)
        _reschedule(refund, fact, now)
        return Taken(verdict=verdict, is_new=stored is not None)


def _judge(refund: Refund, fact: Fact) -> Verdict:
    if fact.outcome not in {Outcome.PAID, Outcome.FAILED, Outcome.CLOSED}:
        return Verdict.STILL_OPEN
    says_returned = fact.outcome is Outcome.PAID
    if refund.state in {RefundState.SUBMITTED, RefundState.UNKNOWN}:
        if says_returned and fact.amount != refund.money:
            return Verdict.CONTRADICTS
        return Verdict.RETURNS if says_returned else Verdict.REFUSES_RETURN
    if refund.state == RefundState.SUCCEEDED:
        return Verdict.REPEATED if says_returned and fact.amount == refund.money else Verdict.CONTRADICTS
    if refund.state == RefundState.FAILED:
        if not says_returned:
            return Verdict.REPEATED
        return Verdict.RETURNS if fact.amount == refund.money else Verdict.CONTRADICTS
    return Verdict.CONTRADICTS  # we never sent it


def _apply(refund: Refund, fact: ChannelFact, now: datetime) -> None:
    verdict = Verdict(fact.verdict)
    if verdict is Verdict.RETURNS:
        _return(refund, fact, now)
    elif verdict is Verdict.REFUSES_RETURN:
        _refuse(refund, fact, now)
    elif verdict is Verdict.CONTRADICTS:
        open_review(
            kind=Kind.CONTRADICTION,
            subject=f"refund:{refund.refund_no}",
            reason=f"{fact.source} says {fact.outcome} {fact.money or ''} of a refund of {refund.money} that is "
            f"{refund.state}. Nothing was changed; compare with the channel's bill.",
            owner=Owner.FINANCE,
            at=now,
            money=refund.money,
        )
    record(
        subject=refund.attempt.payment.subject,
        action=f"refund.{verdict.lower()}",
        actor=f"channel:{refund.attempt.account.code}",
        at=now,
        refund_no=refund.refund_no,
        source=fact.source,
        fact=fact.pk,
    )
    if refund.state in {RefundState.SUCCEEDED, RefundState.FAILED}:
        PendingQuery.objects.filter(refund=refund).delete()


def _return(refund: Refund, fact: ChannelFact, now: datetime) -> None:
    refund.succeed(fact, now)
    refund.save(update_fields=["state", "proof", "ended_at"])
    ledger.book_return(refund, fact, now)
    settle_review(kinds=_REFUND_KINDS, subject=f"refund:{refund.refund_no}", resolution="Returned.", at=now)
    _emit("refund.succeeded", refund, now)


def _refuse(refund: Refund, fact: ChannelFact, now: datetime) -> None:
    refund.fail(fact, now)
    refund.last_message = fact.message
    refund.save(update_fields=["state", "proof", "ended_at", "last_message"])
    subject = f"refund:{refund.refund_no}"
    settle_review(kinds=[Kind.UNKNOWN_REFUND], subject=subject, resolution="Refused by the channel.", at=now)
    open_review(
        kind=Kind.FAILED_REFUND,
        subject=subject,
        reason=f"{refund.attempt.account} refused to return {refund.money}: {fact.code} {fact.message}. "
        "The money is still there; send it again when the cause is gone, or pay it back another way.",
        owner=Owner.FINANCE,
        at=now,
        money=refund.money,
    )
    _emit("refund.failed", refund, now)


def _emit(name: str, refund: Refund, now: datetime) -> None:
    payment = refund.attempt.payment
    emit(
        name=name,
        subject=payment.subject,
        payload={
            "payment_no": payment.payment_no,
            "merchant_id": payment.merchant_id,
            "merchant_order_no": payment.merchant_order_no,
            "refund_no": refund.refund_no,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "is_surplus": refund.is_surplus,
            "reason": refund.reason,
        },
        at=now,
    )


def _reschedule(refund: Refund, fact: Fact, now: datetime) -> None:
    if refund.state not in {RefundState.SUBMITTED, RefundState.UNKNOWN}:
        return
    refund.memo = {**refund.memo, **fact.memo}
    refund.last_message = fact.message[:200]
    if fact.outcome is Outcome.REFUSED:
        # Its balance there, our permission, our keys: unsigned, so it ends nothing, but a person can mend the cause.
        open_review(
            kind=Kind.FAILED_REFUND,
            subject=f"refund:{refund.refund_no}",
            reason=f"{refund.attempt.account} refuses to return {refund.money} for now: {fact.code} {fact.message}. "
            "It is tried again under the same number; mend the cause.",
            owner=Owner.FINANCE,
            at=now,
            money=refund.money,
        )
    query = PendingQuery.objects.get(refund=refund)
    next_at = None
    if refund.state == RefundState.SUBMITTED:
        # A refund has no deadline: the steps run out by number alone.
        next_at = next_while_ending(REFUND, tries=query.tries, dead_at=now - timedelta(seconds=1), now=now)
        query.tries += 1
        if next_at is None:
            _lose_sight(refund, now)
    query.next_at = next_at or next_while_unknown(REFUND, now=now)
    refund.save(update_fields=["state", "memo", "last_message"])
    query.save(update_fields=["next_at", "tries"])


def _lose_sight(refund: Refund, now: datetime) -> None:
    refund.lose_sight()
    record(
        subject=refund.attempt.payment.subject,
        action="refund.unknown",
        actor=SYSTEM,
        at=now,
        refund_no=refund.refund_no,
    )
    open_review(
        kind=Kind.UNKNOWN_REFUND,
        subject=f"refund:{refund.refund_no}",
        reason=f"{refund.attempt.account} has not said whether {refund.money} went back. It is asked on, and it is "
        "never sent under another number.",
        owner=Owner.FINANCE,
        at=now,
        money=refund.money,
    )

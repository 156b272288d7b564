"""Refunds: asked for by one person, approved by another, sent once under one number, followed to their end."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, AbstractUser
from django.db.models import Sum

from cashier.channels.base import Fact, Outcome
from cashier.errors import (
    AboveYourLimit,
    NothingToRefund,
    NotYourDecision,
    RefundChanged,
    RefundConflict,
    RefundNotWaiting,
)
from cashier.locks import (
    lock_attempts,
    lock_payment,
    lock_payment_of_order,
    lock_payment_of_refund,
    lock_refund,
)
from cashier.models import Attempt, ChannelFact, Payment, PendingQuery, Refund
from cashier.models.refund import RefundReason
from cashier.services.channel_calls import channel_of, method_of, return_of
from cashier.services.settle import settle
from cashier.states import REFUND_COUNTED, AttemptState, FactSource, PaymentState, RefundState
from payhub import clock, numbers
from payhub.db import after_commit, committed
from payhub.money import Money
from payhub.roles import REFUND_APPROVERS, require_role
from payhub.tasks import wake
from payhub.trail.record import SYSTEM, record

log = logging.getLogger(__name__)

# An undecided request lapses, so that no approval can surprise anybody weeks later.
DECIDE_WITHIN = timedelta(hours=72)
# Above the refund call's own time-out: an answerless call older than this is not in flight.
SEND_LEASE_S = 30
# A sweep ends well before a worker is killed for taking too long.
SEND_FOR_S = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to go back, and what the person who asks saw when they decided."""

    money: Money
    reason: RefundReason
    note: str
    refundable_seen_minor: int | None = None  #: None: no page was shown (API).
    merchant_refund_no: str = ""  #: The merchant's own number, which makes asking again the same refund.


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks for a refund; without a person (a key did) everybody of payhub's may approve it."""

    actor: str
    person_id: int | None = None


def refundable(receipt: ChannelFact) -> Money:
    """Return what is left of a receipt: what came in, less every refund that is done or may still be."""
    taken = receipt.refunds_of.filter(state__in=REFUND_COUNTED).aggregate(total=Sum("amount_minor"))["total"] or 0
    return Money((receipt.amount_minor or 0) - taken, receipt.currency)


def request_refund(*, payment_id: int, wish: Wish, requested_by: AbstractBaseUser, now: datetime) -> Refund:
    """Ask to return (a part of) what paid the payment; nothing is sent before another person approves.

    Raises NothingToRefund, RefundChanged (the page was stale), PaymentNotFound.
    """
    with committed():
        payment = lock_payment(payment_id)
        return _request(payment, wish, Asker(actor=f"staff:{requested_by}", person_id=requested_by.pk), now)


def request_merchant_refund(
    *, merchant_id: int, merchant_order_no: str, wish: Wish, asker: Asker, now: datetime
) -> Refund:
    """Ask to return (a part of) what paid the merchant's order; the same `merchant_refund_no` again is the same refund.

    Up to the merchant's own limit (`direct_refund_limit_minor`) it is approved at once, else it waits for payhub's people.
    Raises PaymentNotFound, NothingToRefund, RefundChanged, and RefundConflict when the number is known with another amount.
    """
    with committed():
        payment = lock_payment_of_order(merchant_id=merchant_id, merchant_order_no=merchant_order_no)
        same_number = Refund.objects.filter(attempt__payment=payment, merchant_refund_no=wish.merchant_refund_no)
        known = same_number.first() if wish.merchant_refund_no else None
        if known is not None:
            if known.money != wish.money:
                raise RefundConflict
            return known
        is_direct = wish.money.minor <= payment.merchant.direct_refund_limit_minor
        # Nobody of ours asked and nobody of ours approves: the merchant's own rule does, and the trail says who asked.
        refund = _request(payment, wish, replace(asker, person_id=None) if is_direct else asker, now)
        if is_direct:
            refund.is_automatic = True
            refund.approve()
            refund.save(update_fields=["is_automatic", "state"])
            _tell(payment, refund, "refund.approved", f"merchant:{payment.merchant.code}", now, because="own limit")
            after_commit(partial(wake, "cashier.send_refunds"))
        return refund


def _request(payment: Payment, wish: Wish, asker: Asker, now: datetime) -> Refund:
    attempt = _paying_attempt(payment)
    receipt = attempt.proof
    if receipt is None or wish.money.minor <= 0:
        raise NothingToRefund
    left = refundable(receipt)
    if wish.refundable_seen_minor is not None and wish.refundable_seen_minor != left.minor:
        raise RefundChanged
    if wish.money.currency != left.currency or wish.money.minor > left.minor:
        raise NothingToRefund
    refund = Refund.objects.create(
        refund_no=numbers.refund_no(now),
        merchant_refund_no=wish.merchant_refund_no,
        attempt=attempt,
        receipt=receipt,
        amount_minor=wish.money.minor,
        currency=wish.money.currency,
        reason=wish.reason,
        note=wish.note,
        requested_by_id=asker.person_id,
        requested_at=now,
    )
    _tell(payment, refund, "refund.requested", asker.actor, now)
    return refund


def _paying_attempt(payment: Payment) -> Attempt:
    if payment.state != PaymentState.PAID:
        raise NothingToRefund
    attempts = lock_attempts(payment)
    return next(a for a in attempts if a.pk == payment.paid_by_id and a.state == AttemptState.SUCCEEDED)


def what_was_seen(payment: Payment) -> str:
    """Return a text that is another one as soon as anything about the payment's refunds is another."""
    rows = Refund.objects.filter(attempt__payment=payment).order_by("id").values_list("pk", "state", "approved_by_id")
    return hashlib.sha256(repr([payment.state, *rows]).encode()).hexdigest()[:16]


def approve_refund(*, refund_no: str, approver: AbstractUser, now: datetime, seen: str | None = None) -> Refund:
    """Add one person's approval; send when everybody needed has approved (two above the merchant's threshold).

    Raises NotYourDecision (whoever asked, superusers included, and the same person twice), AboveYourLimit (by the
    highest of the person's roles, settings.REFUND_LIMITS_MINOR), RefundNotWaiting, and RefundChanged when the page
    that was looked at (`seen`) no longer says what is so.
    """
    with committed():
        payment = lock_payment_of_refund(refund_no)
        refund = lock_refund(refund_no)
        _require_waiting(refund, now)
        if not approver.is_active or approver.pk in {refund.requested_by_id, refund.approved_by_id}:
            raise NotYourDecision
        if seen is not None and seen != what_was_seen(payment):
            raise RefundChanged
        if not _may_approve(approver, refund.amount_minor):
            raise AboveYourLimit
        needs_two = refund.amount_minor > payment.merchant.second_approver_above_minor
        if refund.approved_by_id is None:
            refund.approved_by_id = approver.pk
        else:
            refund.second_approved_by_id = approver.pk
        _tell(payment, refund, "refund.approved", f"staff:{approver}", now)
        if not needs_two or refund.second_approved_by_id is not None:
            refund.approve()
            after_commit(partial(wake, "cashier.send_refunds"))
        refund.save(update_fields=["approved_by", "second_approved_by", "state"])
        return refund


def _may_approve(approver: AbstractUser, amount_minor: int) -> bool:
    roles = approver.groups.filter(name__in=settings.REFUND_LIMITS_MINOR).values_list("name", flat=True)
    limits = [settings.REFUND_LIMITS_MINOR[role] for role in roles]
    return any(limit is None or amount_minor <= limit for limit in limits)


def reject_refund(*, refund_no: str, decider: AbstractBaseUser, why: str, now: datetime) -> Refund:
    """Decide against a refund; its money is free for another one. Raises NotYourRole, NotYourDecision, RefundNotWaiting."""
    with committed():
        payment = lock_payment_of_refund(refund_no)
        refund = lock_refund(refund_no)
        _require_waiting(refund, now)
        if decider.pk == refund.requested_by_id:
            raise NotYourDecision("Whoever asked for a refund cannot reject it; withdraw it instead.")
        require_role(decider, *REFUND_APPROVERS)
        refund.reject(now)
        refund.save(update_fields=["state", "ended_at"])
        _tell(payment, refund, "refund.rejected", f"staff:{decider}", now, why=why)
        return refund


def withdraw_refund(*, refund_no: str, person: AbstractBaseUser, why: str, now: datetime) -> Refund:
    """Take a request back before it is decided, or give up one that the channel refused.

    Whoever asked for it may, or whoever may approve. Raises NotYourRole, RefundNotWaiting. Never called inside a
    transaction.
    """
    _hear_once_more(refund_no)
    with committed():
        payment = lock_payment_of_refund(refund_no)
        refund = lock_refund(refund_no)
        if refund.state not in {RefundState.REQUESTED, RefundState.FAILED}:
            raise RefundNotWaiting
        if person.pk != refund.requested_by_id:
            require_role(person, *REFUND_APPROVERS)
        refund.withdraw(now)
        refund.save(update_fields=["state", "ended_at"])
        _tell(payment, refund, "refund.withdrawn", f"staff:{person}", now, why=why)
        return refund


def _hear_once_more(refund_no: str) -> None:
    """Ask about a refused refund before it is given up: a request that was long on its way may have been accepted after
    a later one was refused, and who gives it up returns the money another way."""
    refund = get_refund(refund_no)
    if refund.state == RefundState.FAILED:
        account = refund.attempt.account
        fact = channel_of(account).query_refund(return_of(refund))
        settle(fact=fact, source=FactSource.QUERY, account=account, now=clock.now())


def _require_waiting(refund: Refund, now: datetime) -> None:
    if refund.state != RefundState.REQUESTED or now >= refund.requested_at + DECIDE_WITHIN:
        raise RefundNotWaiting


def lapse_due(*, now: datetime) -> int:
    """End requests that nobody decided in time; return how many. Surplus never lapses: it is not ours to keep."""
    due = Refund.objects.filter(
        state=RefundState.REQUESTED, is_surplus=False, requested_at__lte=now - DECIDE_WITHIN
    ).order_by("requested_at", "id")
    refund_nos = list(due.values_list("refund_no", flat=True)[:50])
    for refund_no in refund_nos:
        with committed():
            payment = lock_payment_of_refund(refund_no)
            refund = lock_refund(refund_no)
            if refund.state == RefundState.REQUESTED:
                refund.lapse(now)
                refund.save(update_fields=["state", "ended_at"])
                _tell(payment, refund, "refund.lapsed", SYSTEM, now)
    return len(refund_nos)


def send_approved(*, now: datetime) -> int:
    """Send every approved refund; return how many. Two sweeps at once send each one once (the row's lock decides)."""
    approved = Refund.objects.filter(state=RefundState.APPROVED).order_by("id")
    sent = 0
    for refund_no in list(approved.values_list("refund_no", flat=True)[:50]):
        if clock.now() >= now + timedelta(seconds=SEND_FOR_S):
            break  # the next sweep goes on
        try:
            send_refund(refund_no=refund_no, now=now)
        except Exception:
            # One account's fault must not hold up the others; what was begun is asked about, the rest is tried again.
            log.exception("sending refund %s failed", refund_no)
        sent += 1
    return sent


def send_again(*, refund_no: str, person: AbstractBaseUser, now: datetime) -> Refund:
    """Send a refund that the channel refused once more, under the same number. Raises NotYourRole, RefundNotWaiting."""
    require_role(person, *REFUND_APPROVERS)
    with committed():
        payment = lock_payment_of_refund(refund_no)
        refund = lock_refund(refund_no)
        if refund.state != RefundState.FAILED:
            raise RefundNotWaiting
        _tell(payment, refund, "refund.sent_again", f"staff:{person}", now)
        _submit(refund, now)
    return _call(refund)


def send_refund(*, refund_no: str, now: datetime) -> Refund:
    """Commit that the refund is being sent, send it, settle the answer. One that is sent already is left alone."""
    with committed():
        payment = lock_payment_of_refund(refund_no)
        refund = lock_refund(refund_no)
        if refund.state != RefundState.APPROVED:
            return refund
        _submit(refund, now)
        _tell(payment, refund, "refund.sent", SYSTEM, now)
    return _call(refund)


def _submit(refund: Refund, now: datetime) -> None:
    refund.submit(now)
    refund.save(update_fields=["state", "first_sent_at", "ended_at"])
    PendingQuery.objects.create(
        refund=refund, channel=refund.attempt.account.channel, next_at=now + timedelta(seconds=SEND_LEASE_S)
    )


def _call(refund: Refund) -> Refund:
    account = refund.attempt.account
    fact = channel_of(account).refund(return_of(refund))
    settle(fact=fact, source=FactSource.REFUND, account=account, now=clock.now())
    return get_refund(refund.refund_no)


def get_refund(refund_no: str) -> Refund:
    """Return the refund, unlocked, with what a call needs."""
    return Refund.objects.select_related("attempt__account", "attempt__payment__merchant", "receipt").get(
        refund_no=refund_no
    )


def ask_refund(refund: Refund) -> Fact:
    """Ask the channel what became of a refund. One that never reached it is sent again, under the same number."""
    channel, order = channel_of(refund.attempt.account), return_of(refund)
    fact = channel.query_refund(order)
    resend = method_of(refund.attempt).idempotent_refund
    if fact.outcome is Outcome.NOT_FOUND and resend:
        return channel.refund(order)
    return fact


def _tell(payment: Payment, refund: Refund, action: str, actor: str, now: datetime, **detail: str) -> None:
    record(
        subject=payment.subject,
        action=action,
        actor=actor,
        at=now,
        refund_no=refund.refund_no,
        amount=str(refund.money),
        **detail,
    )

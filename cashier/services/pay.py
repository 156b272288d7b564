"""Paying: commit the intent, call the channel, commit the outcome. One live attempt at most."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from cashier.channels.base import Created, Outcome
from cashier.errors import AlreadyPaid, MethodUnavailable, PaymentEnded
from cashier.locks import lock_attempts, lock_payment, lock_payment_of_attempt
from cashier.metrics import duplicates_prevented
from cashier.models import Attempt, ChannelAccount, Payment
from cashier.selectors import is_offered
from cashier.services import pending
from cashier.services.breaker import note_create, refuse_broken, slot
from cashier.services.channel_calls import channel_of, method_of, trade_of
from cashier.services.query import get_attempt, query_attempt
from cashier.services.settle import settle
from cashier.states import AttemptState, FactSource, PaymentState
from payhub import clock, numbers
from payhub.db import committed
from payhub.merchants.models import DoublePaymentPolicy
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from payhub.trail.record import SHOPPER, record

log = logging.getLogger(__name__)

# Above the prepay's own time-outs (2 s to connect, 5 s to answer): a create older than this is not in flight.
LEASE_S = 15
MIN_LIFETIME_S = 120  # channels refuse deadlines that are nearly over


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the shopper asked for: an account and one of its methods, and the last attempt that their page knew."""

    account_id: int
    method: str
    seen_attempt_no: str | None = None  #: None: not said (API). Another than the latest: a stale page, start nothing.
    shopper_ip: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Intent:
    attempt: Attempt
    call_create: bool = False
    close_first: bool = False
    prevented: str = ""  #: How this click was kept from starting a second payment; empty: it was not about to.


def pay(*, payment_id: int, choice: Choice, now: datetime) -> Attempt:
    """Give the shopper one attempt to pay by: the live one if there is one, else a new one.

    The same method again gives the same attempt, the same number, the same code. Another method closes the live
    attempt first and starts only when the channel confirmed that; otherwise the old one is returned as it stands. So
    it is where the page did not know of the live attempt.
    Raises AlreadyPaid, PaymentEnded, MethodUnavailable (ChannelDown, ChannelBusy), PaymentNotFound. Never called inside a transaction.
    """
    account = _account(payment_id, choice)
    # The slot is taken before the intent is committed: an attempt is never begun without the means to call.
    with slot(account.channel):
        intent = _first_intent(payment_id, account, choice, now)
        if intent.close_first:
            query_attempt(attempt_no=intent.attempt.attempt_no)
            # The channel was asked; whatever it said is settled. Look again, once.
            intent = _intend(payment_id, account, choice, now)
        if not intent.call_create:
            return intent.attempt
        created = channel_of(intent.attempt.account).create(trade_of(intent.attempt))
        return _note_created(intent.attempt, created)


def _first_intent(payment_id: int, account: ChannelAccount, choice: Choice, now: datetime) -> _Intent:
    """Commit what the click means; count it when it would have been a second payment without us."""
    try:
        intent = _intend(payment_id, account, choice, now)
    except AlreadyPaid:
        duplicates_prevented.count(by="already_paid")
        raise
    if intent.prevented:
        duplicates_prevented.count(by=intent.prevented)
    return intent


def _account(payment_id: int, choice: Choice) -> ChannelAccount:
    account = ChannelAccount.objects.filter(
        pk=choice.account_id, merchant__in=Payment.objects.filter(pk=payment_id).values("merchant")
    ).first()
    if account is None:
        raise MethodUnavailable
    return account


def _intend(payment_id: int, account: ChannelAccount, choice: Choice, now: datetime) -> _Intent:
    with committed():
        payment = lock_payment(payment_id)
        attempts = lock_attempts(payment)
        for attempt in attempts:
            attempt.payment = payment
        latest = attempts[-1] if attempts else None
        if payment.state == PaymentState.PAID:
            raise AlreadyPaid
        if payment.state == PaymentState.CLOSED or payment.close_wanted or now >= payment.expires_at:
            raise PaymentEnded
        same = [a for a in attempts if a.is_live and a.superseded_at is None and _is_chosen(a, choice)]
        others = [a for a in attempts if a.counts and not _is_chosen(a, choice)]
        if same and not others:
            # Who goes on with the attempt that their page shows is not about to pay a second time.
            is_known = choice.seen_attempt_no == same[-1].attempt_no
            return replace(_resume(same[-1], now), prevented="" if is_known else "same_attempt")
        if latest is not None and choice.seen_attempt_no not in {None, latest.attempt_no}:
            # The page that sent this did not know the latest attempt: show that first. Another window may be paying
            # it at this moment, and nobody asked for its end.
            return _Intent(attempt=latest, prevented="open_attempt_shown" if latest.is_live else "")
        if others:
            return _switch(others[-1], now)
        return _Intent(attempt=_start(payment, account, choice, now), call_create=True)


def _is_chosen(attempt: Attempt, choice: Choice) -> bool:
    return (attempt.account_id, attempt.method) == (choice.account_id, choice.method)


def _switch(live: Attempt, now: datetime) -> _Intent:
    """Another method is live: it must be provably dead before a new number is given out."""
    if live.state == AttemptState.CLOSING:
        return _Intent(attempt=live, prevented="closed_first")  # asked already; the sweep goes on asking
    pending.begin_closing(live, now)
    _tell(live, "attempt.closing", now, because="another method was chosen")
    return _Intent(attempt=live, close_first=True, prevented="closed_first")


def _resume(live: Attempt, now: datetime) -> _Intent:
    """The same method is live: the same number; its create is repeated only if the answer was lost and it may be."""
    method = method_of(live)
    lost_answer = live.state == AttemptState.PAYING and not live.presentation_kind and now >= live.lease_until
    if not (lost_answer and method.idempotent_create and now < live.expires_at):
        return _Intent(attempt=live)
    live.lease_until = now + timedelta(seconds=LEASE_S)
    live.save(update_fields=["lease_until"])
    _tell(live, "attempt.create_repeated", now)
    return _Intent(attempt=live, call_create=True)


def _start(payment: Payment, account: ChannelAccount, choice: Choice, now: datetime) -> Attempt:
    if not is_offered(account, payment.merchant) or choice.method not in account.methods:
        raise MethodUnavailable
    refuse_broken(account, now)
    channel = channel_of(account)
    method = channel.methods.get(choice.method)
    if method is None or (method.needs_payer_id and not payment.payer_id):
        raise MethodUnavailable
    lifetime = timedelta(seconds=method.code_lifetime_s)
    attempt = Attempt.objects.create(
        attempt_no=numbers.attempt_no(now, channel.letter, method.letter),
        payment=payment,
        account=account,
        method=method.code,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        exclusive=payment.merchant.double_payment_policy == DoublePaymentPolicy.STRICT,
        shopper_ip=choice.shopper_ip,
        created_at=now,
        expires_at=min(now + lifetime, max(payment.expires_at, now + timedelta(seconds=MIN_LIFETIME_S))),
        lease_until=now + timedelta(seconds=LEASE_S),
    )
    pending.put(attempt, now)
    _tell(attempt, "attempt.started", now, account=account.code, method=method.code)
    return attempt


def _note_created(attempt: Attempt, created: Created) -> Attempt:
    """Commit what the create brought. Only an attempt still PAYING and within its lease shows its code."""
    now = clock.now()  # the call took its time: the lease is judged by when its answer is here
    fact = created.fact
    with committed():
        payment = lock_payment_of_attempt(attempt.attempt_no)
        fresh = next(a for a in lock_attempts(payment) if a.pk == attempt.pk)
        fresh.payment = payment
        note_create(fresh.account, fact.outcome, now)
        has_ended = not fresh.is_live
        if not has_ended:
            _store_answer(fresh, created, now)
    if has_ended and created.presentation is not None and method_of(fresh).can_close:
        answer = channel_of(fresh.account).close(trade_of(fresh))  # nobody saw the code, and nobody shall pay it
        log.info("close %s, created too late: %s %s", fresh.attempt_no, answer.outcome, answer.code)
    if fact.outcome in {Outcome.FAILED, Outcome.PAID}:
        settle(fact=fact, source=FactSource.CREATE, account=attempt.account, now=now)
    if fact.outcome in {Outcome.REFUSED, Outcome.FAILED}:
        return query_attempt(attempt_no=attempt.attempt_no)
    return get_attempt(attempt.attempt_no) if fact.outcome is Outcome.PAID else fresh


def _store_answer(fresh: Attempt, created: Created, now: datetime) -> None:
    fact = created.fact
    if created.presentation is not None:
        _show_or_close(fresh, created, now)
        return
    if fact.outcome is Outcome.REFUSED:
        _refused(fresh, created, now)
    if fact.outcome in {Outcome.REFUSED, Outcome.FAILED}:
        # The call has come to an end: nothing is in flight that a later "no such order" could miss.
        fresh.lease_until = min(fresh.lease_until, now)
    fresh.last_outcome, fresh.last_message = fact.outcome, fact.message[:200]
    fresh.save(update_fields=["lease_until", "last_outcome", "last_message"])
    pending.bring_forward(fresh, now)
    _tell(fresh, "attempt.create_answered", now, outcome=fact.outcome, code=fact.code)


def _show_or_close(fresh: Attempt, created: Created, now: datetime) -> None:
    if fresh.state != AttemptState.PAYING or now >= fresh.lease_until or created.presentation is None:
        # Close must never overtake prepay: somebody began to close it (or may have found "no such order") while
        # this create was in flight. Its code is payable at the channel and must be shown to nobody.
        pending.begin_closing(fresh, now)
        pending.bring_forward(fresh, now)
        _tell(fresh, "attempt.code_came_too_late", now)
        return
    fresh.presentation_kind = created.presentation.kind
    fresh.presentation_content = created.presentation.content
    fresh.presentation_fields = dict(created.presentation.fields)
    fresh.memo = {**fresh.memo, **created.fact.memo}
    fresh.channel_trade_no = created.fact.channel_trade_no
    fresh.save(
        update_fields=["presentation_kind", "presentation_content", "presentation_fields", "memo", "channel_trade_no"]
    )
    _tell(fresh, "attempt.code_shown", now)


def _refused(attempt: Attempt, created: Created, now: datetime) -> None:
    open_review(
        kind=Kind.REFUSED_ACCOUNT,
        subject=f"account:{attempt.account.code}",
        reason=f"The channel refuses this account's requests: {created.fact.code} {created.fact.message}. "
        "No money moved. Check its settings and keys.",
        owner=Owner.OPERATIONS,
        at=now,
    )


def _tell(attempt: Attempt, action: str, now: datetime, **detail: str) -> None:
    record(
        subject=attempt.payment.subject,
        action=action,
        actor=SHOPPER,
        at=now,
        attempt_no=attempt.attempt_no,
        **detail,
    )

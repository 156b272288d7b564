"""Asking the channel: one attempt now, or everything that is due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings

from cashier.channels.base import Fact, Outcome
from cashier.errors import AskedTooOften, AttemptNotFound
from cashier.locks import claim_due_queries
from cashier.models import Attempt, ChannelAccount, PendingQuery, Refund
from cashier.services.channel_calls import channel_of, method_of, trade_of
from cashier.services.refund import ask_refund, get_refund
from cashier.services.settle import settle
from cashier.states import AttemptState, FactSource, RefundState
from payhub import clock
from payhub.db import committed
from payhub.lane import lane

log = logging.getLogger(__name__)

BATCH = 32  # rows of one channel in one sweep
THREADS = 8  # calls of one channel at the same time
# Above the time that a batch can take at worst (two calls of at most 10 s each, in BATCH / THREADS rounds).
CLAIM_LEASE_S = 90
SWEEP_FOR_S = 10
Answer = tuple[Fact, datetime]  # with when it was asked for
ASK_APART_S = 5  # "I have paid" may be pressed often; the channel is not asked more often than this


def get_attempt(attempt_no: str) -> Attempt:
    """Return the attempt, unlocked, with what a call needs; raise AttemptNotFound."""
    try:
        return Attempt.objects.select_related("account", "payment__merchant").get(attempt_no=attempt_no)
    except Attempt.DoesNotExist:
        raise AttemptNotFound from None


def query_attempt(*, attempt_no: str) -> Attempt:
    """Ask the channel about one attempt now, settle its answer, and return the attempt as it stands then.

    An attempt that is being closed is closed first, then asked: only the answer to the query counts.
    """
    attempt = get_attempt(attempt_no)
    if not attempt.is_live:
        return attempt
    fact, asked_at = _ask(attempt)
    settle(fact=fact, source=FactSource.QUERY, account=attempt.account, now=clock.now(), asked_at=asked_at)
    return get_attempt(attempt_no)


def check_attempt(*, attempt_no: str, now: datetime) -> Attempt:
    """Ask because the shopper says so; raise AskedTooOften when it was asked a moment ago."""
    attempt = get_attempt(attempt_no)
    if attempt.asked_at is not None and now < attempt.asked_at + timedelta(seconds=ASK_APART_S):
        raise AskedTooOften
    return query_attempt(attempt_no=attempt_no)


def ask_again(attempt: Attempt) -> Answer:
    """Ask the channel what it knows of an attempt now, an ended one too; a fault is the answer UNKNOWN."""
    return _guarded(lambda: channel_of(attempt.account).query(trade_of(attempt)), attempt)


def query_refund(*, refund_no: str) -> Refund:
    """Ask the channel now what became of a refund that was sent, settle its answer; one that has ended is left alone."""
    refund = get_refund(refund_no)
    if refund.state in {RefundState.SUBMITTED, RefundState.UNKNOWN}:
        fact, asked_at = _guarded(lambda: ask_refund(refund), refund.attempt, refund_no)
        settle(fact=fact, source=FactSource.QUERY, account=refund.attempt.account, now=clock.now(), asked_at=asked_at)
    return get_refund(refund_no)


def sweep(*, channel: str) -> int:
    """Ask one channel about all that is due, batch by batch, for a few seconds; return how many were asked.

    One sweep a channel at a time: a channel that hangs holds one worker and never all of them.
    """
    asked, until = 0, clock.now() + timedelta(seconds=SWEEP_FOR_S)
    with lane(f"query:{channel}") as is_mine:
        while is_mine and clock.now() < until:
            batch = query_due(channel=channel, now=clock.now())
            asked += batch
            if batch < BATCH:
                break
    return asked


def query_due(*, channel: str, now: datetime) -> int:
    """Ask one channel about a batch of what is due; return how many were asked.

    Rows are claimed with a lease (two sweeps never ask about the same one at once), asked concurrently, and
    settled one by one: a failure costs its own row one try.
    """
    with committed():
        due = claim_due_queries(channel, now, BATCH, CLAIM_LEASE_S)
    asks = [_prepare(row) for row in due]
    for (account, _), (fact, asked_at) in zip(asks, _ask_all([ask for _, ask in asks]), strict=True):
        try:
            settle(fact=fact, source=FactSource.QUERY, account=account, now=clock.now(), asked_at=asked_at)
        except Exception:
            # One row's fault must not cost the others; its lease runs out and it is asked again.
            log.exception("settling the answer about %s %s failed", fact.attempt_no, fact.refund_no)
    return len(due)


def _prepare(row: PendingQuery) -> tuple[ChannelAccount, Callable[[], Answer]]:
    """Read what the call needs now, so that the calls themselves touch no database."""
    # By its own key: the row of the query is gone as soon as a notification brings the end.
    if row.refund_id is not None:
        refund = Refund.objects.select_related("attempt__account", "attempt__payment__merchant", "receipt").get(
            pk=row.refund_id
        )
        return refund.attempt.account, lambda: _guarded(lambda: ask_refund(refund), refund.attempt, refund.refund_no)
    attempt = Attempt.objects.select_related("account", "payment__merchant").get(pk=row.attempt_id or 0)
    return attempt.account, lambda: _ask(attempt)


def _ask(attempt: Attempt) -> Answer:
    def ask() -> Fact:
        channel, trade, method = channel_of(attempt.account), trade_of(attempt), method_of(attempt)
        if attempt.state == AttemptState.CLOSING and method.can_close:
            answer = channel.close(trade)
            log.info("close %s: %s %s", trade.attempt_no, answer.outcome, answer.code)
        return channel.query(trade)

    return _guarded(ask, attempt)


def _guarded(ask: Callable[[], Fact], attempt: Attempt, refund_no: str = "") -> Answer:
    asked_at = clock.now()
    try:
        return ask(), asked_at
    except Exception:
        # A fault of the adapter, or settings that it cannot be opened with, is no answer: unknown, never failed.
        log.exception("asking about %s %s failed", attempt.attempt_no, refund_no)
        fact = Fact(outcome=Outcome.UNKNOWN, attempt_no=attempt.attempt_no, refund_no=refund_no, code="adapter_fault")
        return fact, asked_at


def _ask_all(asks: list[Callable[[], Answer]]) -> list[Answer]:
    threads = min(len(asks), getattr(settings, "QUERY_THREADS", THREADS))
    if threads <= 1:
        return [ask() for ask in asks]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(lambda ask: ask(), asks))

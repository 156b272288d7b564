"""Asking the channel: one attempt now, or everything that is due."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from django.conf import settings

from cashier.channels.base import Channel, Fact, Outcome, Trade
from cashier.errors import AskedTooOften, AttemptNotFound
from cashier.locks import claim_due_queries
from cashier.models import Attempt, PendingQuery
from cashier.services.channel_calls import channel_of, trade_of
from cashier.services.settle import settle
from cashier.states import AttemptState, FactSource
from payhub import clock
from payhub.db import committed

log = logging.getLogger(__name__)

BATCH = 32  # rows of one channel in one sweep
THREADS = 8  # calls of one channel at the same time
# Above the time that a batch can take at worst (a close and a query, 5 s each, in BATCH / THREADS rounds).
CLAIM_LEASE_S = 45
ASK_APART_S = 5  # "I have paid" may be pressed often; the channel is not asked more often than this


def get_attempt(attempt_no: str) -> Attempt:
    """Return the attempt, unlocked, with what a call needs; raise AttemptNotFound."""
    try:
        return Attempt.objects.select_related("account", "payment__merchant").get(attempt_no=attempt_no)
    except Attempt.DoesNotExist:
        raise AttemptNotFound from None


def query_attempt(*, attempt_no: str, now: datetime) -> Attempt:
    """Ask the channel about one attempt now, settle its answer, and return the attempt as it stands then.

    An attempt that is being closed is closed first, then asked: only the answer to the query counts.
    """
    attempt = get_attempt(attempt_no)
    if not attempt.is_live:
        return attempt
    fact = _ask(channel_of(attempt.account), trade_of(attempt), closing=_is_to_close(attempt))
    settle(fact=fact, source=FactSource.QUERY, account=attempt.account, now=clock.now())
    return get_attempt(attempt_no)


def check_attempt(*, attempt_no: str, now: datetime) -> Attempt:
    """Ask because the shopper says so; raise AskedTooOften when it was asked a moment ago."""
    attempt = get_attempt(attempt_no)
    if attempt.asked_at is not None and now < attempt.asked_at + timedelta(seconds=ASK_APART_S):
        raise AskedTooOften
    return query_attempt(attempt_no=attempt_no, now=now)


def query_due(*, channel: str, now: datetime) -> int:
    """Ask one channel about a batch of what is due; return how many were asked.

    Rows are claimed with a lease (two sweeps never ask about the same one at once), asked concurrently, and
    settled one by one: a failure costs its own row one try.
    """
    with committed():
        due = claim_due_queries(channel, now, BATCH, CLAIM_LEASE_S)
    attempts = [get_attempt_of(row) for row in due if row.attempt_id is not None]
    calls = [(channel_of(a.account), trade_of(a), _is_to_close(a)) for a in attempts]
    for attempt, fact in zip(attempts, _ask_all(calls), strict=True):
        try:
            settle(fact=fact, source=FactSource.QUERY, account=attempt.account, now=clock.now())
        except Exception:
            log.exception("settling the answer about %s failed", attempt.attempt_no)
    return len(due)


def get_attempt_of(row: PendingQuery) -> Attempt:
    """Return the attempt of a claimed row, with what a call needs."""
    return Attempt.objects.select_related("account", "payment__merchant").get(pk=row.attempt_id)


def _is_to_close(attempt: Attempt) -> bool:
    return attempt.state == AttemptState.CLOSING and channel_of(attempt.account).methods[attempt.method].can_close


def _ask(channel: Channel, trade: Trade, *, closing: bool) -> Fact:
    try:
        if closing:
            answer = channel.close(trade)
            log.info("close %s: %s %s", trade.attempt_no, answer.outcome, answer.code)
        return channel.query(trade)
    except Exception:
        log.exception("asking about %s failed", trade.attempt_no)
        return Fact(outcome=Outcome.UNKNOWN, attempt_no=trade.attempt_no, code="adapter_fault")


def _ask_all(calls: list[tuple[Channel, Trade, bool]]) -> list[Fact]:
    threads = min(len(calls), getattr(settings, "QUERY_THREADS", THREADS))
    if threads <= 1:
        return [_ask(channel, trade, closing=closing) for channel, trade, closing in calls]
    with ThreadPoolExecutor(max_workers=threads) as pool:
        return list(pool.map(lambda call: _ask(call[0], call[1], closing=call[2]), calls))

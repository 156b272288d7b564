"""The pending query of an attempt: put, moved, forgotten. Callers hold the payment's lock."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from cashier.channels.base import Fact, Outcome
from cashier.models import Attempt, PendingQuery
from cashier.schedule import (
    DEADLINE_MARGIN_S,
    REDIRECT,
    Schedule,
    next_while_ending,
    next_while_payable,
    next_while_unknown,
    schedule_of,
)
from cashier.services.channel_calls import method_of
from cashier.states import AttemptState, FactSource
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from payhub.trail.record import SYSTEM, record

log = logging.getLogger(__name__)

ANSWERS_KEPT = 20  # single answers that the page lists; one row stays one row however long it is asked


def _schedule(attempt: Attempt) -> Schedule:
    try:
        return schedule_of(attempt.account.channel, method_of(attempt))
    except Exception:
        # An account that cannot be opened is a channel that does not answer: it gets its owner all the same.
        log.exception("the account of %s cannot be opened", attempt.attempt_no)
        return REDIRECT


def put(attempt: Attempt, now: datetime) -> None:
    """Plan the first query of a new attempt."""
    schedule = _schedule(attempt)
    at = next_while_payable(schedule, created_at=attempt.created_at, deadline=attempt.expires_at, now=now)
    PendingQuery.objects.create(attempt=attempt, channel=attempt.account.channel, next_at=at)


def bring_forward(attempt: Attempt, now: datetime) -> None:
    """Ask at the next sweep."""
    PendingQuery.objects.filter(attempt=attempt).update(next_at=now)


def forget(attempt: Attempt) -> None:
    """The end is known: nothing to ask any more."""
    if not attempt.is_live:
        PendingQuery.objects.filter(attempt=attempt).delete()


def begin_closing(attempt: Attempt, now: datetime) -> None:
    """Move a live attempt towards its end and let the sweep ask at once; one that is closing already is left alone."""
    if attempt.state == AttemptState.CLOSING:
        return
    attempt.begin_closing()
    attempt.save(update_fields=["state"])
    PendingQuery.objects.filter(attempt=attempt).update(next_at=now, tries=0)


def reschedule(attempt: Attempt, fact: Fact, source: FactSource, now: datetime) -> None:
    """Note the answer to a query that brought no end, and plan the next one."""
    if source is not FactSource.QUERY or not attempt.is_live:
        return
    if fact.outcome != attempt.last_outcome:  # an unchanged answer is counted, not told again
        record(
            subject=attempt.payment.subject,
            action="attempt.asked",
            actor=SYSTEM,
            at=now,
            attempt_no=attempt.attempt_no,
            outcome=fact.outcome,
            code=fact.code,
        )
    attempt.asked_count += 1
    attempt.asked_at = now
    attempt.last_outcome = fact.outcome
    attempt.last_message = fact.message[:200]
    attempt.answers = [*attempt.answers, [now.isoformat(), fact.outcome]][-ANSWERS_KEPT:]
    changed = ["asked_count", "asked_at", "last_outcome", "last_message", "answers"]
    query = PendingQuery.objects.get(attempt=attempt)
    schedule = _schedule(attempt)
    if attempt.state == AttemptState.PAYING and now < attempt.expires_at:
        query.next_at = next_while_payable(
            schedule, created_at=attempt.created_at, deadline=attempt.expires_at, now=now
        )
    elif attempt.state == AttemptState.PAYING or _may_close(attempt, fact):
        attempt.begin_closing()
        changed.append("state")
        query.next_at, query.tries = now, 0
    elif attempt.state == AttemptState.UNKNOWN:
        query.next_at = next_while_unknown(schedule, now=now)
    else:
        dead_at = attempt.expires_at + timedelta(seconds=DEADLINE_MARGIN_S)
        next_at = next_while_ending(schedule, tries=query.tries, dead_at=dead_at, now=now)
        query.tries += 1
        query.next_at = next_at or next_while_unknown(schedule, now=now)
        if next_at is None:
            attempt.lose_sight()
            changed.append("state")
            _tell_somebody(attempt, now)
    attempt.save(update_fields=changed)
    query.save(update_fields=["next_at", "tries"])


def _may_close(attempt: Attempt, fact: Fact) -> bool:
    """An UNKNOWN attempt that the channel speaks about again is closed, not left to the slow pace."""
    return attempt.state == AttemptState.UNKNOWN and fact.outcome is Outcome.IN_PROGRESS


def _tell_somebody(attempt: Attempt, now: datetime) -> None:
    open_review(
        kind=Kind.UNKNOWN_PAYMENT,
        subject=f"attempt:{attempt.attempt_no}",
        reason=(
            f"{attempt.account} has not said what became of {attempt.money} after {attempt.asked_count} queries. "
            "It is asked on at the slow pace, and the bill decides at the latest."
        ),
        owner=Owner.OPERATIONS,
        at=now,
        money=attempt.money,
    )

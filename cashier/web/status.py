"""What an open page is told when it looks: JSON with an ETag, from two statements, never from a channel."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from cashier.selectors import Story
from cashier.web.page_state import PAYING, PageState

# (attempt or payment younger than so many seconds, look again after so many milliseconds)
CADENCE = ((60, 2_000), (300, 3_000), (900, 5_000), (3600, 15_000))
SLOWEST_MS = 60_000
READY_MS = 10_000  # nobody waits: only another window can change this page


def poll_after_ms(story: Story, state: PageState, now: datetime) -> int:
    """Return how long an open page waits before it looks again; it never stops before the end."""
    if state.is_payable:
        return READY_MS * settings.COUNTER_POLL_FACTOR
    since = state.attempt.created_at if state.attempt else story.payment.expires_at
    if state.attempt and now >= state.attempt.expires_at:
        since = state.attempt.expires_at  # the answer to the question asked at the deadline is awaited
    age = now - since
    for younger_than_s, wait_ms in CADENCE:
        if state.is_waiting and age < timedelta(seconds=younger_than_s):
            return wait_ms * settings.COUNTER_POLL_FACTOR
    return SLOWEST_MS * settings.COUNTER_POLL_FACTOR


def status_of(story: Story, state: PageState, now: datetime) -> dict[str, Any]:
    """Return everything but the time of the answer, so that it is equal as long as nothing changed."""
    attempt = state.attempt
    payment = story.payment
    ends = attempt.expires_at if attempt and state.name in PAYING else None
    return {
        "state": str(state.name),
        "version": state.version,
        "terminal": state.is_terminal,
        "poll_after_ms": poll_after_ms(story, state, now),
        "expires_at": (ends or payment.expires_at).isoformat(),
        "checks": attempt.asked_count if attempt else 0,
        "last_checked_at": attempt.asked_at.isoformat() if attempt and attempt.asked_at else None,
        "return_url": payment.return_url,
    }


def etag_of(status: dict[str, Any], language: str) -> str:
    """Return the validator of one answer."""
    return f'"{hashlib.sha256(json.dumps([status, language]).encode()).hexdigest()[:20]}"'

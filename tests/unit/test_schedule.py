"""When a channel is asked: soon, then steadily, never later than the deadline, and never given up in silence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cashier.channels.base import PresentationKind
from cashier.schedule import (
    QR,
    REDIRECT,
    REFUND,
    Schedule,
    next_while_ending,
    next_while_payable,
    next_while_unknown,
    schedule_of,
)
from tests.played.channel import METHODS

BEGIN = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SCHEDULES = st.sampled_from([QR, REDIRECT])


def after(seconds: float) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def asked(schedule: Schedule, *, until_s: int, lifetime_s: int = 900) -> list[float]:
    """Return the seconds at which an attempt is asked about that nobody pays, when every sweep is in time."""
    seconds: list[float] = []
    now, deadline = BEGIN, after(lifetime_s)
    while now < min(deadline, after(until_s)):
        now = next_while_payable(schedule, created_at=BEGIN, deadline=deadline, now=now)
        seconds.append((now - BEGIN).total_seconds())
    return seconds


def test_a_payer_at_another_page_is_asked_about_at_10_20_30_seconds_then_at_1_3_5_10_minutes() -> None:
    assert asked(REDIRECT, until_s=600) == [10, 20, 30, 60, 180, 300, 600]


def test_a_code_is_asked_about_within_five_seconds_and_then_at_least_every_twelve() -> None:
    times = asked(QR, until_s=900)
    assert times[:4] == [5, 10, 20, 30]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) <= 12
    assert times[-1] == 900


@given(schedule=SCHEDULES, now_s=st.floats(0, 899.9), lifetime_s=st.integers(900, 7200))
def test_the_next_time_is_in_the_future_and_not_after_the_deadline(
    schedule: Schedule, now_s: float, lifetime_s: int
) -> None:
    deadline = after(lifetime_s)
    at = next_while_payable(schedule, created_at=BEGIN, deadline=deadline, now=after(now_s))
    assert after(now_s) < at <= deadline


@given(schedule=st.sampled_from([QR, REDIRECT, REFUND]), tries=st.integers(0, 50), now_s=st.integers(0, 10_000))
def test_an_ending_one_is_asked_again_unless_its_steps_and_its_time_are_both_over(
    schedule: Schedule, tries: int, now_s: int
) -> None:
    dead_at, now = after(960), after(now_s)
    at = next_while_ending(schedule, tries=tries, dead_at=dead_at, now=now)
    if at is None:
        assert tries >= len(schedule.closing_s)
        assert now >= dead_at
    else:
        assert now < at <= max(now + timedelta(seconds=max(schedule.closing_s)), dead_at)


def test_one_that_is_ended_early_waits_for_its_deadline_before_it_is_given_an_owner() -> None:
    used_up = len(QR.closing_s)
    assert next_while_ending(QR, tries=used_up, dead_at=after(960), now=after(100)) == after(960)
    assert next_while_ending(QR, tries=used_up, dead_at=after(960), now=after(960)) is None


def test_an_unknown_one_is_asked_on_at_the_slow_pace() -> None:
    assert next_while_unknown(QR, now=BEGIN) == after(QR.slow_s)


def test_closing_steps_widen() -> None:
    for schedule in (QR, REDIRECT, REFUND):
        assert list(schedule.closing_s) == sorted(schedule.closing_s)


@pytest.mark.parametrize(("method", "expected"), [("qr", QR), ("page", REDIRECT), ("bank", REDIRECT)])
def test_a_methods_schedule_follows_how_it_is_shown(method: str, expected: Schedule) -> None:
    assert schedule_of("alpha", METHODS[method]) is expected
    assert (METHODS[method].presentation is PresentationKind.QR) is (expected is QR)


def test_a_setting_overrides_one_method_of_one_channel(settings: Any) -> None:
    own = Schedule(first_s=(1,), every_s=1)
    settings.QUERY_SCHEDULES = {"alpha.qr": own}
    assert schedule_of("alpha", METHODS["qr"]) is own
    assert schedule_of("beta", METHODS["qr"]) is QR
    assert schedule_of("alpha", METHODS["page"]) is REDIRECT

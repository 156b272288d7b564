"""When the payment centre asks the channel by itself: all schedules in one place (settings may override a method's).

While the attempt may be paid it is asked at the first steps, then at a steady pace up to its deadline. From then on
it is closed and asked until the channel names its end. When the closing steps are used up it is UNKNOWN: an
exception with an owner, still asked at the slow pace until the bill decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from cashier.channels.base import Method, PresentationKind

# "No such order" proves death only so long after the deadline that the channel was given (clocks differ).
DEADLINE_MARGIN_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Seconds between an attempt's queries."""

    first_s: tuple[int, ...]  #: After the start of the attempt.
    every_s: int  #: From the last of those until the deadline.
    closing_s: tuple[int, ...] = (5, 10, 20, 30, 60, 120, 300, 600)  #: Between tries once it is being closed.
    slow_s: int = 1800  #: Between tries once it is UNKNOWN.


# A payer at a QR code pays within a minute or two and watches: a lost notification must show within 15 s.
QR = Schedule(first_s=(5, 10, 20, 30), every_s=12)
# A payer at the channel's own page comes back or not: the ladder that the field knows.
REDIRECT = Schedule(first_s=(10, 20, 30, 60, 180, 300, 600), every_s=300)
REFUND = Schedule(first_s=(), every_s=60, closing_s=(10, 30, 60, 120, 300, 600, 1800, 3600, 3600, 3600))


def schedule_of(channel: str, method: Method) -> Schedule:
    """Return the schedule of a method: settings.QUERY_SCHEDULES["wechat.native"] if set, else by how it is shown."""
    override: Schedule | None = getattr(settings, "QUERY_SCHEDULES", {}).get(f"{channel}.{method.code}")
    return override or (QR if method.presentation is PresentationKind.QR else REDIRECT)


def next_while_payable(schedule: Schedule, *, created_at: datetime, deadline: datetime, now: datetime) -> datetime:
    """Return when to ask next while the attempt may be paid: never later than its deadline."""
    for step_s in schedule.first_s:
        at = created_at + timedelta(seconds=step_s)
        if at > now:
            return min(at, deadline)
    return min(now + timedelta(seconds=schedule.every_s), deadline)


def next_while_ending(schedule: Schedule, *, tries: int, dead_at: datetime, now: datetime) -> datetime | None:
    """Return when to ask next once it is being ended, or None when the steps are used up (it is UNKNOWN then).

    Before `dead_at` (deadline and margin) the steps are not used up: the deadline itself may still bring the end.
    """
    if tries < len(schedule.closing_s):
        return now + timedelta(seconds=schedule.closing_s[tries])
    return dead_at if now < dead_at else None


def next_while_unknown(schedule: Schedule, *, now: datetime) -> datetime:
    """Return when to ask next about an UNKNOWN one."""
    return now + timedelta(seconds=schedule.slow_s)

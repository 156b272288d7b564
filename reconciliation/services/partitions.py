"""Bill lines by month: a partition is made when its first bill comes, and detached when it is no longer needed."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from django.db import connection

from payhub.db import committed
from reconciliation.models import Bill
from reconciliation.states import BillState

KEPT_MONTHS = 13  # this month of last year is still there to look at
_TABLE = "reconciliation_billline"
# Detaching waits for every reader, and everybody would wait behind it: it is tried again an hour later instead.
_DONT_WAIT = "SET LOCAL lock_timeout = '2s'"
_NAME = re.compile(rf"{_TABLE}_([0-9]{{4}})_([0-9]{{2}})")


def partition_of(day: date) -> str:
    """Name the partition of a day's month."""
    return f"{_TABLE}_{day:%Y_%m}"


def make_partition(day: date) -> None:
    """Make the partition of a day's month unless it is there.

    It is made apart and then attached: that waits for nobody who is loading another month, nor do they wait. One that
    was detached is attached again: somebody reconciles a day of long ago.
    """
    first = day.replace(day=1)
    after = _next_month(first)
    name = partition_of(day)
    with committed(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        cursor.execute("SELECT FROM pg_inherits WHERE inhrelid = to_regclass(%s)", [name])
        if cursor.fetchone() is not None:
            return
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {name} (LIKE {_TABLE} INCLUDING DEFAULTS)")
        cursor.execute(f"ALTER TABLE {_TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{after}')")


def analyze(day: date) -> None:
    """Let the planner know what a load brought."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {partition_of(day)}")


def keep_months(*, now: datetime) -> list[str]:
    """Make this month's partition and the next one's, so that no load has to wait for that, and detach those older than
    `KEPT_MONTHS`; return the names of what was detached. Safe to repeat."""
    today = now.astimezone(UTC).date()
    make_partition(today)
    make_partition(today.replace(day=1) + timedelta(days=31))
    months = today.year * 12 + today.month - 1 - KEPT_MONTHS
    return detach_before(date(months // 12, months % 12 + 1, 1))


def detach_before(month: date) -> list[str]:
    """Detach the partitions of the months before `month`, and return their names: they are plain tables then, to be
    archived or dropped by whoever runs the database. A month stays while one of its days is not closed: matching may
    need its lines again."""
    with committed(), connection.cursor() as cursor:
        cursor.execute(_DONT_WAIT)
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass ORDER BY c.relname",
            [_TABLE],
        )
        names = [str(name) for (name,) in cursor.fetchall()]
        old = [name for name in names if (first := _month_of(name)) and first < month and not _is_needed(first)]
        for name in old:
            cursor.execute(f"ALTER TABLE {_TABLE} DETACH PARTITION {name}")
    return old


def _month_of(name: str) -> date | None:
    found = _NAME.fullmatch(name)
    return date(int(found[1]), int(found[2]), 1) if found else None


def _is_needed(first: date) -> bool:
    of_month = Bill.objects.filter(day_date__gte=first, day_date__lt=_next_month(first))
    return of_month.exclude(state=BillState.CLOSED).exists()


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)

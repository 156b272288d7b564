"""Bill lines by month: a partition is made when its first bill comes, and detached when it is no longer needed."""

from __future__ import annotations

import re
from datetime import date, timedelta

from django.db import connection

from payhub.db import committed

_TABLE = "reconciliation_billline"
_NAME = re.compile(rf"{_TABLE}_([0-9]{{4}})_([0-9]{{2}})")


def partition_of(day: date) -> str:
    """Name the partition of a day's month."""
    return f"{_TABLE}_{day:%Y_%m}"


def make_partition(day: date) -> None:
    """Make the partition of a day's month unless it is there.

    It is made apart and then attached: that waits for nobody who is loading another month, nor do they wait.
    """
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    name = partition_of(day)
    with committed(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name])
        if (cursor.fetchone() or (False,))[0]:
            return
        cursor.execute(f"CREATE TABLE {name} (LIKE {_TABLE} INCLUDING DEFAULTS)")
        cursor.execute(f"ALTER TABLE {_TABLE} ATTACH PARTITION {name} FOR VALUES FROM ('{first}') TO ('{after}')")


def analyze(day: date) -> None:
    """Let the planner know what a load brought."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {partition_of(day)}")


def detach_before(month: date) -> list[str]:
    """Detach the partitions of the months before `month`, and return their names: they are plain tables then, to be
    archived or dropped by whoever runs the database."""
    with committed(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
            "WHERE i.inhparent = %s::regclass ORDER BY c.relname",
            [_TABLE],
        )
        names = [str(name) for (name,) in cursor.fetchall()]
        old = [name for name in names if (at := _NAME.fullmatch(name)) and date(int(at[1]), int(at[2]), 1) < month]
        for name in old:
            cursor.execute(f"ALTER TABLE {_TABLE} DETACH PARTITION {name}")
    return old

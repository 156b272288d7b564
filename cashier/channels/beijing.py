"""Times as the Chinese channels write them: Beijing time, whole seconds."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache

BEIJING = timezone(timedelta(hours=8))  # no summer time since 1991


def rfc3339(moment: datetime) -> str:
    """Write `2026-01-02T15:04:05+08:00`."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")


def read_rfc3339(text: str) -> datetime | None:
    """Read a time with its offset; None for anything else: an odd time must not hide that money moved."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def plain(moment: datetime) -> str:
    """Write `2026-01-02 15:04:05`."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}"


def midnight(day: date) -> datetime:
    """Return when a day begins."""
    return datetime.combine(day, time.min, BEIJING)


@lru_cache(maxsize=4096)  # a busy day has a dozen payments a second, and its bill is in their order
def read_plain(text: str) -> datetime | None:
    """Read `2026-01-02 15:04:05` as Beijing time; None for anything else."""
    if len(text) != 19 or text[10] != " ":
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=BEIJING)
    except ValueError:
        return None

"""What a figure of the dashboard is, and how all of them are found and counted.

Every app says its own in `<app>.figures.FIGURES`, as it says its invariants and metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils.functional import Promise
from django.utils.timezone import localtime
from redis.exceptions import RedisError

from payhub.dashboard.models import Summary
from payhub.metrics import Counter


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One question and how its answer is shown.

    `sql` gives rows of (label, number) or, for money, (currency, minor units); it may use `%(now)s`, `%(today)s`,
    `%(day)s` (24 hours ago) and `%(week)s`. A tile shows the sum of its rows, bars show each. What leaves no row has a
    `counter` instead: the sweep keeps what it counted in each of the last 7 days.
    """

    name: str
    label: Promise
    sql: str = ""
    counter: Counter | None = None
    link: str  #: The list in the admin that holds the rows, with `{label}` for the row's, `{today}`, `{day}`, `{week}`.
    shape: str = "tile"  #: tile, money, bars or strip.
    words: dict[str, Promise] | None = None  #: Of labels that are codes.
    marks: tuple[tuple[str, Promise], ...] = ()  #: Of a strip: the sign and the words that each number stands for.
    is_bad: bool = False  #: Anything but zero wants a person.


def all_figures() -> list[Figure]:
    """Return the figures of all installed apps."""
    found: list[Figure] = []
    for app in apps.get_app_configs():
        name = f"{app.name}.figures"
        if app.name not in {"payhub", "payhub.dashboard"} and find_spec(app.name) and find_spec(name):
            found += import_module(name).FIGURES
    return found


def count(*, now: datetime) -> int:
    """Count every figure and keep what was found; return how many. Each stands alone: half of them may be newer."""
    moments = moments_of(now)
    figures = all_figures()
    for figure in figures:
        if figure.counter is not None:
            _count_day(figure.name, figure.counter, now)
            continue
        Summary.objects.update_or_create(name=figure.name, defaults={"rows": _rows(figure, moments), "counted_at": now})
    return len(figures)


def _count_day(name: str, counter: Counter, now: datetime) -> None:
    """Add what was counted since the last look to today's row; days older than a week go."""
    try:
        stands_at = int(sum(number for _, number in counter.read(now)))
    except RedisError:
        return  # the figure stays as it was, and its age says so
    today = localtime(now).date()
    # A first look does not know since when was counted: it begins with nothing.
    fresh = {"counter": stands_at, "counted_at": now}
    kept, _ = Summary.objects.get_or_create(name=name, defaults=fresh)
    # A counter that stands lower than before was emptied with its Redis and began at zero.
    more = stands_at - kept.counter if stands_at >= kept.counter else stands_at
    days = {day: number for day, number in kept.rows if date.fromisoformat(day) > today - timedelta(days=7)}
    days[today.isoformat()] = days.get(today.isoformat(), 0) + more
    # Two sweeps at once found the same: the second one no longer finds the counter where it saw it.
    Summary.objects.filter(pk=kept.pk, counter=kept.counter).update(
        rows=sorted(days.items()), counter=stands_at, counted_at=now
    )


def moments_of(now: datetime) -> dict[str, datetime]:
    """Return since when figures count."""
    today = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"now": now, "today": today, "day": now - timedelta(days=1), "week": now - timedelta(days=7)}


def _rows(figure: Figure, moments: dict[str, datetime]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(figure.sql, moments)
        return [[str(label), int(number or 0)] for label, number in cursor.fetchall()]

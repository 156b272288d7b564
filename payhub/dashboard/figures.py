"""What a figure of the dashboard is, and how all of them are found and counted.

Every app says its own in `<app>.figures.FIGURES`, as it says its invariants and metrics.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.db import connection
from django.utils.functional import Promise
from django.utils.timezone import localtime

from payhub.dashboard.models import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One question and how its answer is shown.

    `sql` gives rows of (label, number) or, for money, (currency, minor units); it may use `%(now)s`, `%(today)s`,
    `%(day)s` (24 hours ago) and `%(week)s`. A tile shows the sum of its rows, bars show each.
    """

    name: str
    label: Promise
    sql: str
    link: str  #: The list in the admin that holds the rows, with `{label}` for the row's.
    shape: str = "tile"  #: tile, money, bars or percent.
    words: dict[str, Promise] | None = None  #: Of labels that are codes.
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
    today = localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    moments = {"now": now, "today": today, "day": now - timedelta(days=1), "week": now - timedelta(days=7)}
    figures = all_figures()
    for figure in figures:
        Summary.objects.update_or_create(name=figure.name, defaults={"rows": _rows(figure, moments), "counted_at": now})
    return len(figures)


def _rows(figure: Figure, moments: dict[str, datetime]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(figure.sql, moments)
        return [[str(label), int(number or 0)] for label, number in cursor.fetchall()]

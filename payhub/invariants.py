"""What must always hold, as SQL: the same checks in the simulation, after a chaos run, and in production.

Every app that keeps rows says its own in `<app>.invariants.INVARIANTS`; `manage.py audit` runs them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db import connection

SAMPLES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariant:
    """One sentence that must hold for every row of `checked`; `broken` selects a name of each row for which it does
    not. Both may use `%(now)s`."""

    code: str
    says: str
    checked: str
    broken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How one invariant stands."""

    invariant: Invariant
    checked: int
    broken: int
    samples: tuple[str, ...]


def all_invariants() -> list[Invariant]:
    """Return the invariants of all installed apps."""
    found: list[Invariant] = []
    for app in apps.get_app_configs():
        name = f"{app.name}.invariants"
        if app.name != "payhub" and find_spec(app.name) and find_spec(name):
            found += import_module(name).INVARIANTS
    return found


def audit(*, now: datetime) -> list[Finding]:
    """Check every invariant against the database as it stands."""
    return [_find(invariant, now) for invariant in all_invariants()]


def _find(invariant: Invariant, now: datetime) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM ({invariant.checked}) AS rows", {"now": now})  # noqa: S608 - our own SQL
        (checked,) = cursor.fetchone() or (0,)
        cursor.execute(invariant.broken, {"now": now})
        names = [str(row[0]) for row in cursor.fetchall()]
    return Finding(invariant=invariant, checked=checked, broken=len(names), samples=tuple(names[:SAMPLES]))

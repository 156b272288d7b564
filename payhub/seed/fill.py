"""What an app has to say to take part in a seeded history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One statement that makes a table's rows of a batch.

    `sql` reads the batch (`payhub.seed.batch`) and may use `%(until)s`, `%(seed)s` and, for each fill, `%(<name>)s`: the
    first id that is kept free for it. An order takes `ids` of them, so that its rows have `first + ids * (n - 1)`, …
    """

    name: str
    table: str
    sql: str
    ids: int
    row_bytes: int  #: What an order takes here on disk on average, indexes included; measured.
    is_hot: bool = True  #: Paying and settling read or write the table.
    #: The rows are made as they stand in the end, in one go. The table's own triggers, which let a row only be born in
    #: its first state and check each one as it comes, are off in the batch's transaction.
    in_one_go: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What has to be there before the first order: merchants, people, accounts. Safe to repeat."""

    lay: Callable[[datetime], None]


def all_fills(*, hot_only: bool) -> list[Fill]:
    """Return the fills of all installed apps."""
    return [fill for fill in _said("FILLS") if isinstance(fill, Fill) and (fill.is_hot or not hot_only)]


def lay_ground(now: datetime) -> None:
    """Make what orders stand on, app by app."""
    for ground in _said("GROUND"):
        if isinstance(ground, Ground):
            ground.lay(now)


def _said(name: str) -> list[object]:
    found: list[object] = []
    for app in apps.get_app_configs():
        module = f"{app.name}.seed"
        if app.name != "payhub" and find_spec(app.name) and find_spec(module):
            found += getattr(import_module(module), name, [])
    return found

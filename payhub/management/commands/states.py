"""manage.py states: print docs/states.md, generated from the models' transitions."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand
from django.db import models

from payhub.fsm import Stateful, declared_edges

_HEAD = """# States

Every state and every move between them, as the code declares them and as PostgreSQL enforces them (a trigger on each
table refuses everything else). This page is generated: `python manage.py states > docs/states.md`.
"""


class Command(BaseCommand):
    """Prints the page; a test compares it with the one in docs/."""

    help = "Print docs/states.md, generated from the models' transitions."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print it."""
        self.stdout.write(page(), ending="")


def stateful_models() -> list[type[Stateful]]:
    """Return every model with states, by name."""
    found = [model for model in apps.get_models() if issubclass(model, Stateful)]
    return sorted(found, key=lambda model: model._meta.label)


def page() -> str:
    """Return the whole page."""
    return "\n".join([_HEAD, *(_section(model) for model in stateful_models()), *decision_tables()])


def decision_tables() -> list[str]:
    """Return what the apps say of their decisions (`<app>.management.decision_table.section()`)."""
    names = [f"{app.name}.management.decision_table" for app in apps.get_app_configs() if app.name.count(".") == 0]
    return [import_module(name).section() for name in names if _is_there(name)]


def _is_there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the app has no management package at all
        return False


def _section(model: type[models.Model]) -> str:
    field: Any = model._meta.get_field("state")
    states = [value for value, _ in field.choices]
    edges = sorted(declared_edges(model), key=lambda edge: (states.index(edge[0]), states.index(edge[1])))
    ends = [state for state in states if state not in {before for before, _ in edges}]
    lines = [
        f"## {model.__name__}",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {field.default}",
        *(f"    {before} --> {after}" for before, after in edges),
        *(f"    {state} --> [*]" for state in ends),
        "```",
        "",
        "| move | from | to | which means |",
        "|---|---|---|---|",
        *_moves(field.get_all_transitions(model), states),
        "",
    ]
    return "\n".join(lines)


def _moves(transitions: Iterable[Any], states: list[str]) -> list[str]:
    by_name: dict[str, list[Any]] = {}
    for transition in transitions:
        by_name.setdefault(transition.name, []).append(transition)
    rows = []
    for name, same in by_name.items():
        sources = ", ".join(sorted((str(one.source) for one in same), key=states.index))
        meaning = inspect.cleandoc(same[0].method.__doc__).splitlines()[0]
        rows.append((states.index(str(same[0].target)), f"| `{name}` | {sources} | {same[0].target} | {meaning} |"))
    return [row for _, row in sorted(rows)]

"""What a planted bug is, and how it gets into payhub and out again."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any

from tests.simulation.ground import Ground


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One change of one function: the text `old`, which must be there exactly once, becomes `new`."""

    where: str  # "module:function"
    old: str
    new: str


@dataclass(frozen=True, kw_only=True)
class Bug:
    """A mistake that somebody could make."""

    name: str
    says: str
    edits: tuple[Edit, ...]
    drops: tuple[str, ...] = ()  # guards in the database that it takes away with it: (table, constraint or trigger)
    profile: str = "swarm"  # where it is looked for


class Outdated(Exception):
    """The code that the bug is about has changed: change the bug."""


@contextmanager
def planted(bug: Bug, ground: Ground) -> Iterator[None]:
    """Have the bug in payhub for the body."""
    with ExitStack() as stack:
        for where in dict.fromkeys(edit.where for edit in bug.edits):
            stack.enter_context(_edited(where, [edit for edit in bug.edits if edit.where == where]))
        for name in bug.drops:
            stack.enter_context(_dropped(name, ground))
        yield


@contextmanager
def _edited(where: str, edits: list[Edit]) -> Iterator[None]:
    """Swap the function's code, so that everybody who imported it by name has the bug, too."""
    function = _find(where)
    source = textwrap.dedent(inspect.getsource(function))
    source = source[source.index("def ") :]
    for edit in edits:
        if source.count(edit.old) != 1:
            raise Outdated(f"{where} no longer has this once: {edit.old}")
        source = source.replace(edit.old, edit.new)
    before, function.__code__ = function.__code__, _compiled(function, source)
    try:
        yield
    finally:
        function.__code__ = before


def _compiled(function: FunctionType, source: str) -> CodeType:
    """Return the code of the changed source; around it whatever it closes over (`__class__`, for super())."""
    free = ", ".join(function.__code__.co_freevars)
    around = f"def around({free}):\n{textwrap.indent(source, '    ')}\n    return {function.__name__}\n"
    made: dict[str, Any] = {}
    exec("from __future__ import annotations\n" + around, function.__globals__, made)  # noqa: S102 - our own code
    code: CodeType = made["around"](*[None] * len(function.__code__.co_freevars)).__code__
    return code


def _find(where: str) -> FunctionType:
    module, _, path = where.partition(":")
    found: Any = import_module(module)
    for name in path.split("."):
        found = getattr(found, name)
    found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
    function = inspect.unwrap(found)
    if not isinstance(function, FunctionType):
        raise Outdated(f"{where} is no function.")
    return function


@contextmanager
def _dropped(name: str, ground: Ground) -> Iterator[None]:
    """Take an index, constraint or trigger away, as the database itself describes it."""
    table, _, guard = name.partition(".")
    row = ground.observer.execute(
        "SELECT 'INDEX', pg_get_indexdef(c.oid) FROM pg_class c WHERE c.relname = %(guard)s AND c.relkind = 'i' "
        "UNION ALL SELECT 'TRIGGER', pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname LIKE %(guard)s || '%%' "
        "AND tgrelid = %(table)s::regclass "
        "UNION ALL SELECT 'CONSTRAINT', pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %(guard)s",
        {"guard": guard, "table": table},
    ).fetchone()
    if row is None:
        raise Outdated(f"There is no {name}.")
    kind, definition = row
    drop, restore = _statements(kind, definition, table, guard)
    ground.observer.execute(drop)
    try:
        yield
    finally:
        ground.empty()  # of what the guard would not have let in
        ground.observer.execute(restore)


def _statements(kind: str, definition: str, table: str, guard: str) -> tuple[str, str]:
    if kind == "INDEX":
        return f"DROP INDEX {guard}", definition
    if kind == "TRIGGER":
        name = definition.split()[2]
        return f"DROP TRIGGER {name} ON {table}", definition
    return f"ALTER TABLE {table} DROP CONSTRAINT {guard}", f"ALTER TABLE {table} ADD CONSTRAINT {guard} {definition}"

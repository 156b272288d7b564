"""State machines: the one importer of django_fsm (the maintained fork django-fsm-2, docs/adr/0001), typed and fenced.

A transition changes an object in memory only. Services call it while they hold the row's lock, then save; the same
edges stand in PostgreSQL as a trigger (`edge_guard`), so that no code path and no raw SQL can bend them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, TypeVar

import django_fsm  # noqa: TID251 - the one door
import pgtrigger
from django.db import models

P = ParamSpec("P")
R = TypeVar("R")

TransitionNotAllowed = django_fsm.TransitionNotAllowed
StaleState = django_fsm.ConcurrentTransition

Edges = Mapping[Any, tuple[Any, ...]]  #: state -> the states that may follow it


def state_field(choices: type[models.TextChoices], initial: str) -> Any:
    """Return a state field that only transitions can change."""
    return django_fsm.FSMField(choices=choices.choices, default=initial, max_length=20, protected=True)


def transition(*, source: str | Iterable[str], target: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a method as the move of `state` from `source` to `target`; raises TransitionNotAllowed elsewhere."""
    sources = source if isinstance(source, str) else list(source)
    marked: Callable[[Callable[P, R]], Callable[P, R]] = django_fsm.transition(
        field="state", source=sources, target=target
    )
    return marked


def declared_edges(model: type[models.Model]) -> set[tuple[str, str]]:
    """Return every (from, to) that the model's transitions allow."""
    field: Any = model._meta.get_field("state")
    return {(str(t.source), str(t.target)) for t in field.get_all_transitions(model)}


def edge_guard(edges: Edges, initial: str) -> list[pgtrigger.Trigger]:
    """Return the triggers that keep the same edges in the database, the first state included."""
    pairs = [(before, after) for before, afters in edges.items() for after in afters]
    return [
        pgtrigger.FSM(name="state_edges", field="state", transitions=pairs),
        pgtrigger.Protect(name="state_first", operation=pgtrigger.Insert, condition=~pgtrigger.Q(new__state=initial)),
    ]


def append_only() -> list[pgtrigger.Trigger]:
    """Return the triggers that refuse every UPDATE and DELETE of a row."""
    return [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]


def never_deleted() -> list[pgtrigger.Trigger]:
    """Return the trigger that refuses every DELETE of a row."""
    return [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]


class Stateful(models.Model):
    """A row with a `state`. Saving refuses (StaleState) when the row's state is no longer the one that was read.

    django-fsm-2's own mixin reads deferred states one by one and its refresh_from_db switches protection off for
    the whole process while it runs; rows with money in them are re-read through their app's locks instead.
    """

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Any:
        """Remember the state as it was read."""
        row = super().from_db(*args, **kwargs)
        row._state_as_read = row.__dict__.get("state")  # noqa: SLF001 - our own attribute
        return row

    def refresh_from_db(self, using: str | None = None, fields: Any = None, from_queryset: Any = None) -> None:
        """Refuse: a money row is read anew under its lock, never patched up in place."""
        raise TypeError("Read the row anew through locks; refresh_from_db is not safe on a stateful row.")

    def _do_update(self, base_qs: Any, *args: Any, **kwargs: Any) -> Any:
        as_read = getattr(self, "_state_as_read", None)
        if as_read is not None:
            base_qs = base_qs.filter(state=as_read)
        updated = super()._do_update(base_qs, *args, **kwargs)
        if not updated and as_read is not None:
            raise StaleState(f"{self._meta.label} {self.pk} is no longer {as_read}; it was changed by somebody else.")
        self._state_as_read = self.__dict__.get("state", as_read)
        return updated

"""What a schedule is, and running one: it holds with the guard, and is violated without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from tests.simulation.ground import Ground
from tests.simulation.history import Result, run
from tests.simulation.people import People
from tests.simulation.plan import QUIET, Plan
from tests.simulation.planted.bug import Bug, planted
from tests.simulation.schedules.scene import Scene

# Nobody acts but those whom the schedule names, and nothing goes wrong but what it says, until the healing.
CALM = Plan(
    seed=1, profile="calm", faults=dict(QUIET), switch=0.0, paying=0.0, no_wakes=True, no_beat=True, no_bill=True
)
Play = Callable[[Scene], None]


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One interleaving, made by hand, and the planted bugs that take its guard away."""

    name: str
    says: str
    play: Play
    plan: Plan
    bugs: tuple[str, ...]

    def run(self, ground: Ground, bug: Bug | None = None, *, keep_trace: bool = False) -> Result:
        """Play it and judge it like any history; one that did not happen as it is told is a violation, too."""
        scenes: list[Scene] = []

        def begin(people: People) -> None:
            scenes.append(Scene(people))
            self.play(scenes[0])

        with ExitStack() as stack:
            if bug is not None:
                stack.enter_context(planted(bug, ground))
            result = run(self.plan, ground, begin=begin, keep_trace=keep_trace)
        if bug is None and not result.violation and scenes[0].missed:
            return replace(result, violation=f"not this schedule: {scenes[0].missed}")
        return result


class Schedules:
    """Collects the schedules of a module."""

    def __init__(self) -> None:
        self._all: list[Schedule] = []

    def __iter__(self) -> Iterator[Schedule]:
        return iter(self._all)

    def guarded_by(self, *bugs: str, **plan: Any) -> Callable[[Play], Play]:
        """Take a function in as a schedule; each of the planted bugs must violate it. `plan` changes what is calm."""

        def take(play: Play) -> Play:
            says = " ".join((play.__doc__ or "").split())
            name = play.__name__.strip("_")
            self._all.append(Schedule(name=name, says=says, play=play, plan=replace(CALM, **plan), bugs=bugs))
            return play

        return take

"""Hunting planted bugs: histories are run until one fails."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.ground import Ground
from tests.simulation.history import run
from tests.simulation.plan import draw
from tests.simulation.planted.bug import Bug, planted

WITHIN = 400  # histories in which every planted bug must be found


@dataclass(frozen=True, kw_only=True)
class Found:
    """How a bug was found, or that it was not."""

    bug: Bug
    histories: int
    violation: str  #: Empty: it was not found.


def hunt(bug: Bug, ground: Ground, *, seed: int, within: int = WITHIN) -> Found:
    """Put the bug in and run histories until one fails."""
    with planted(bug, ground):
        for number in range(within):
            result = run(draw(seed + number, bug.profile), ground)
            if result.error is not None:
                raise result.error
            if result.violation:
                return Found(bug=bug, histories=number + 1, violation=result.violation)
    return Found(bug=bug, histories=within, violation="")

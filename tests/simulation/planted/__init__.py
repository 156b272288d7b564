"""Bugs that the simulation must find: patches of payhub's code, each put in for its own run only."""

from __future__ import annotations

from tests.simulation.planted import books, doors, locking, outbox, paying, refunding, repaired
from tests.simulation.planted.bug import Bug
from tests.simulation.planted.by_hand import BY_HAND as BY_HAND

BUGS: tuple[Bug, ...] = (
    *locking.BUGS,
    *paying.BUGS,
    *doors.BUGS,
    *refunding.BUGS,
    *outbox.BUGS,
    *repaired.BUGS,
    *books.BUGS,
)

"""The bookkeepers: two people who decide what differs between bill and books, at the same moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from payhub import clock
from reconciliation.models import Difference
from reconciliation.services.resolve import approve, decide
from reconciliation.states import Decision

if TYPE_CHECKING:
    from tests.simulation.world import World

OPEN = (
    "SELECT id, state, kind = 'PAYMENT' AND attempt_no = '' AND bucket = 'CHANNEL_ONLY' FROM reconciliation_difference "
    "WHERE state IN ('OPEN', 'PROPOSED') ORDER BY id"
)


class Bookkeepers:
    """Those who close the days."""

    def __init__(self, world: World) -> None:
        self.world = world

    def come(self) -> None:
        """Let both look at everything that is open, one a moment later; each agrees with what the other proposed."""
        for person in self.world.ground.people[:2]:
            self.world.kernel.spawn(f"bookkeeper {person}", partial(self._look, person))

    def _look(self, person: int) -> None:
        kernel = self.world.kernel
        for difference_id, state, is_real in self.world.look(OPEN):
            kernel.sleep(kernel.chance.random())
            # Money without a number is at the channel, so it is booked; every other mistake is the bill's.
            decision = Decision.BOOK if is_real else Decision.EXPLAIN
            act = partial(_decide, difference_id, decision, person)
            result = kernel.process(partial(_approve, difference_id, person) if state == "PROPOSED" else act)
            self.world.oracles.check_result("bookkeeping", result)


def _decide(difference_id: int, decision: Decision, person: int) -> Difference:
    who = User.objects.get(pk=person)
    return decide(difference_id=difference_id, decision=decision, reason="simulated", person=who, now=clock.now())


def _approve(difference_id: int, person: int) -> Difference:
    return approve(difference_id=difference_id, person=User.objects.get(pk=person), now=clock.now())

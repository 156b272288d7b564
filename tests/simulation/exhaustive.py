"""Crashing at every point: calm scenarios, one run for each of their points, all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.simulation.ground import Ground
from tests.simulation.history import Result, run
from tests.simulation.plan import QUIET, Plan

CALM = Plan(seed=1, profile="calm", faults=dict(QUIET), clicks=1, paying=1.0, switch=0.0, switching=0.0, no_bill=True)
# Each with a seed that makes it happen; the marks (`shows`) prove that it did.
SCENARIOS: dict[str, Plan] = {
    "paid": CALM,
    "paid_after_switching": replace(CALM, clicks=2, switching=1.0, seed=3),
    "paid_twice": replace(CALM, faults={**QUIET, "paid_twice": 1.0}),
    "refund_by_staff": replace(CALM, refunds=1),
    "found_by_the_bill": replace(CALM, no_queries=True, no_notices=True, no_bill=False),
    "never_paid": replace(CALM, paying=0.0),
}


def points_of(name: str, ground: Ground) -> int:
    """Return how many points the scenario has when nothing goes wrong. Raises AssertionError when something does."""
    calm = run(SCENARIOS[name], ground)
    if calm.violation:
        raise AssertionError(f"{name} fails without a crash: {calm.violation}")
    return calm.count.points


def crash_everywhere(name: str, ground: Ground, every: int = 1) -> Iterator[Result]:
    """Run the scenario once for each of its points (or for every so many), and let the process that is there die."""
    for point in range(1, points_of(name, ground) + 1, every):
        yield run(replace(SCENARIOS[name], crash_at=point), ground)

"""Shrinking a failure: faults, orders, windows and clicks are taken away as long as it still fails."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.ground import Ground
from tests.simulation.history import Result, run
from tests.simulation.plan import Plan

# What else may be taken away, and how far.
LEAST = {
    **dict.fromkeys(("orders", "tabs", "clicks"), 1),
    **dict.fromkeys(("refunds", "cancelling", "switching", "switch"), 0),
    **dict.fromkeys(("no_notices", "no_queries", "no_bill", "no_wakes", "no_beat"), 0),
}


def shrink(failed: Result, ground: Ground) -> Result:
    """Return the smallest failing history that greedy steps lead to; any violation counts as the same failure."""
    smallest = failed
    progress = True
    while progress:
        progress = False
        for plan in _smaller(smallest.plan):
            result = run(plan, ground)
            if result.violation:
                smallest, progress = result, True
                break
    return smallest


def _smaller(plan: Plan) -> Iterator[Plan]:
    for name, rate in plan.faults.items():
        if rate:
            yield plan.changed({name: 0.0})
    for name, least in LEAST.items():
        now = getattr(plan, name)
        if now > least:
            yield plan.changed({name: now - 1 if isinstance(now, int) and now > 1 else least})

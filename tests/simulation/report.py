"""Adding histories up, and telling of a failure so that it can be replayed."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field

from tests.simulation.history import Result


@dataclass
class Totals:
    """What many histories add up to."""

    histories: int = 0
    points: int = 0
    crashes: int = 0
    switches: int = 0
    lock_waits: int = 0
    deadlocks: int = 0
    payments: int = 0
    refunds: int = 0
    violations: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    began_at: float = field(default_factory=time.perf_counter)
    cpu_at: float = field(default_factory=time.process_time)

    def add(self, result: Result) -> None:
        """Add one history."""
        count = result.count
        self.histories += 1
        self.points += count.points
        self.crashes += count.crashes
        self.switches += count.switches
        self.lock_waits += count.lock_waits
        self.deadlocks += count.deadlocks
        self.payments += result.payments
        self.refunds += result.refunds
        self.violations += bool(result.violation)
        for what, times in count.seen.items():
            self.seen[what] = self.seen.get(what, 0) + times

    def told(self) -> str:
        """Return the one line of figures."""
        names = ("histories", "points", "crashes", "switches", "lock_waits", "deadlocks", "payments", "refunds")
        figures = " ".join(f"{name}={getattr(self, name)}" for name in (*names, "violations"))
        seconds, cpu = time.perf_counter() - self.began_at, time.process_time() - self.cpu_at
        return f"{figures} seconds={seconds:.0f} cpu_seconds={cpu:.0f}"

    def marks(self) -> str:
        """Return how often each fault and each rare turn was met (the coverage marks)."""
        return "\n".join(f"  {times:>7} {what}" for what, times in sorted(self.seen.items(), key=lambda i: -i[1]))


def failure(result: Result, bug: str = "") -> str:
    """Return what was violated (with which planted bug), and the command that replays it."""
    plan = result.plan
    lines = [f"seed {plan.seed} ({plan.profile}): {result.violation}", f"  replay: {command_of(result, bug)} --log"]
    lines.append(f"  drawn: {plan.told()}")
    if result.error is not None:
        lines += traceback.format_exception(result.error)
    return "\n".join(lines)


def command_of(result: Result, bug: str) -> str:
    """Return the command that runs the same history again."""
    plan = result.plan
    changes = "".join(f" --set {name}={value}" for name, value in plan.changes().items())
    having = f" --with {bug}" if bug else ""
    return f"python -m tests.simulation --histories 1 --seed {plan.seed} --profile {plan.profile}{having}{changes}"

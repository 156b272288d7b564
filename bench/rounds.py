"""Measuring in turn: every operation of every side once in a round, so that what else the machine does meets all alike."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.meter import cpu_ms
from bench.sides import OPS, Payhub, Side
from dev import state

CONNECTIONS = 8
STEPS = ("deliver", "webhooks", "query")
_MARK = "LOG:  statement: "
_FRAME = ("BEGIN", "COMMIT", "SELECT 1")  # the transaction's own, and the look whether the connection still stands


@dataclass(slots=True, kw_only=True)
class Sample:
    """One operation of one side in one round."""

    done: int
    rate: float  #: A second.
    cpu_ms: float  #: Of the side's processes, for one.
    database_ms: float  #: Of PostgreSQL, for one.
    wal_bytes: float  #: For one.
    took_ms: list[float] = field(default_factory=list)


Samples = dict[str, dict[str, list[Sample]]]  # by side and operation


class Worker:
    """A process that does what payhub's workers do, when it is told to."""

    def __init__(self, side: Payhub) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(state.ROOT / "bench" / "drain.py")],
            env={**side.environment, "PYTHONPATH": str(side.folder), "PAYHUB_DEMO": "1"},  # it may call this machine
            cwd=side.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, step: str) -> dict[str, Any]:
        """Do one step and return what it took."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("The worker has no pipes.")
        stdin.write(f"{step}\n")
        stdin.flush()
        return dict(json.loads(stdout.readline()))

    def end(self) -> None:
        """Let it go."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)


def send(side: Side, op: str, payments: int) -> dict[str, Any]:
    """Send an operation's requests from a process of their own and return what was answered."""
    lines = "\n".join(map(json.dumps, side.requests(op, payments)))
    sent = subprocess.run(
        [sys.executable, "-S", "-m", "bench.load", str(side.port), str(CONNECTIONS)],
        input=lines, capture_output=True, text=True, check=True, cwd=state.ROOT,
    )  # fmt: skip
    answers: dict[str, Any] = json.loads(sent.stdout)
    side.note(op, answers)
    return answers


def measure(side: Side, op: str, payments: int, pid: int) -> Sample:
    """Measure one operation."""
    database = side.database
    before = cpu_ms(pid), cpu_ms(database.postmaster), database.wal_bytes()
    answers = send(side, op, payments)
    done = len(answers["took_ms"])
    return Sample(
        done=done,
        rate=done / answers["wall_s"],
        cpu_ms=(cpu_ms(pid) - before[0]) / done,
        database_ms=(cpu_ms(database.postmaster) - before[1]) / done,
        wal_bytes=(database.wal_bytes() - before[2]) / done,
        took_ms=answers["took_ms"],
    )


def measure_step(side: Payhub, worker: Worker, step: str) -> Sample:
    """Measure one step of the workers."""
    database = side.database
    before = cpu_ms(database.postmaster), database.wal_bytes()
    took = worker.do(step)
    done = took["done"]
    if not done:
        raise RuntimeError(f"There was nothing to {step}.")
    return Sample(
        done=done,
        rate=done / took["wall_s"],
        cpu_ms=took["cpu_s"] * 1000 / done,
        database_ms=(cpu_ms(database.postmaster) - before[0]) / done,
        wal_bytes=(database.wal_bytes() - before[1]) / done,
    )


def run_rounds(
    sides: list[Side], pid_of: Callable[[Side], int], *, rounds: int, payments: int, ops: tuple[str, ...] = OPS,
    worker: Worker | None = None, tell: Callable[[str], None] = print,
) -> Samples:  # fmt: skip
    """Measure rounds; the sides take turns in going first. The worker works for the first side."""
    samples: Samples = {side.name: defaultdict(list) for side in sides}
    for number in range(rounds):
        for op in ops:
            for side in sides if number % 2 else reversed(sides):
                samples[side.name][op].append(measure(side, op, payments, pid_of(side)))
            if op == "page_qr" and worker is not None:  # while nothing is paid yet
                samples[sides[0].name]["query"].append(_step(sides[0], worker, "query"))
        for step in ("deliver", "webhooks") if worker else ():
            samples[sides[0].name][step].append(_step(sides[0], worker, step))
        tell(f"round {number + 1} of {rounds}")
    return samples


def _step(side: Side, worker: Worker | None, step: str) -> Sample:
    if worker is None or not isinstance(side, Payhub):
        raise TypeError("Only payhub has workers.")
    return measure_step(side, worker, step)


def count_statements(
    sides: list[Side], log: Path, payments: int, worker: Worker | None, ops: tuple[str, ...] = OPS
) -> dict[str, Any]:
    """Return how many statements each operation of each side takes: all, and without the frame of transactions."""
    counts: dict[str, Any] = {side.name: {} for side in sides}
    sides[0].database.tell_statements(on=True)
    try:
        for side in sides:
            for op in ops:
                counts[side.name][op] = _counted(log, lambda op=op, side=side: len(send(side, op, payments)["took_ms"]))  # type: ignore[misc]
                if op == "page_qr" and worker and side is sides[0]:
                    counts[side.name]["query"] = _counted(log, lambda: worker.do("query")["done"])
        for step in ("deliver", "webhooks") if worker else ():
            counts[sides[0].name][step] = _counted(log, lambda step=step: worker.do(step)["done"])  # type: ignore[misc, union-attr]
    finally:
        sides[0].database.tell_statements(on=False)
    return counts


def _counted(log: Path, act: Callable[[], int]) -> dict[str, float]:
    start = log.stat().st_size
    done = act()
    with log.open(errors="replace") as file:
        file.seek(start)
        told = [line.partition(_MARK)[2].strip() for line in file if _MARK in line]
    own = [text for text in told if text.rstrip(";") not in _FRAME and "pg_" not in text]
    return {"all": round(len(told) / done, 2), "own": round(len(own) / done, 2)}


def median(samples: list[Sample], what: str) -> float:
    """Return the median of one figure over the rounds."""
    return float(statistics.median(getattr(sample, what) for sample in samples))


def percentile(samples: list[Sample], share: float) -> float:
    """Return the time below which a share of all requests was answered, in milliseconds."""
    took = sorted(ms for sample in samples for ms in sample.took_ms)
    return took[min(len(took) - 1, int(len(took) * share))] if took else 0.0

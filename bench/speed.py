"""`make bench`: payhub and the floor in turn, on servers of their own.

python -m bench.speed                              payhub beside the floor; writes docs/performance.md and docs/speed.json
python -m bench.speed --base REV                   this checkout beside another revision; prints
python -m bench.speed --features                   payhub beside payhub without each of its safety features; prints
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import figures
from bench.ground import LATENCY_MS, Ground, prepared, serving
from bench.rounds import CONNECTIONS, Worker, count_statements, run_rounds
from bench.sides import OPS, Side
from bench.signing import signing_ms
from dev import state
from payhub import clock

WARM_UP = 16
PAYING = ("create", "pay", "notify")
FEATURES = ("trail", "ledger", "outbox", "triggers")


def beside_floor(ground: Ground, asked: argparse.Namespace) -> dict[str, Any]:
    """Measure payhub and the floor; return everything that the report says."""
    payhub, floor = ground.payhub(), ground.floor()
    sides: list[Side] = [payhub, floor]
    with serving(sides) as pid_of:
        worker = Worker(payhub)
        run_rounds(sides, pid_of, rounds=1, payments=WARM_UP, worker=worker, tell=_quiet)
        counts = count_statements(sides, ground.log, WARM_UP, worker)
        before = payhub.database.rows_inserted(), payhub.database.bytes_at_rest()
        samples = run_rounds(sides, pid_of, rounds=asked.rounds, payments=asked.payments, worker=worker, tell=_say)
        worker.end()
        paid = asked.rounds * asked.payments
        rows = (payhub.database.rows_inserted() - before[0]) / paid
        size = (payhub.database.bytes_at_rest() - before[1]) / paid
    found = figures.figures_of(samples, counts)
    return {
        "at": clock.now().isoformat(timespec="seconds"),
        "command": "python -m bench.speed " + " ".join(sys.argv[1:]),
        "rounds": asked.rounds,
        "payments": asked.payments,
        "connections": CONNECTIONS,
        "latency_ms": LATENCY_MS,
        "figures": found,
        "ratios": figures.ratios_of(found, "payhub", "floor"),
        "signing_ms": signing_ms(),
        "rows_per_payment": round(rows, 1),
        "bytes_per_payment": round(size),
    }


def section_of(report: dict[str, Any]) -> str:
    """Return the report in words."""
    found = report["figures"]
    signing = ", ".join(f"{what} {ms:.2f} ms" for what, ms in report["signing_ms"].items())
    return f"""\
## Speed

`{report["command"].strip()}` at {report["at"]}: {report["rounds"]} rounds of {report["payments"]} payments, every operation of both sides in
turn, {report["connections"]} kept connections, granian with 2 processes of 4 threads, a channel that answers after {report["latency_ms"]} ms. The machine
is shared: only the ratios mean something. The floor is a bare Django app that writes the same durable rows in the fewest
statements (`bench/floor/`): no rules, no trail, no ledger, no events, no signatures.

{figures.ratio_table(found, "payhub", "floor", budgets=True)}

Of payhub's time, signatures alone take ({signing}); the floor has none.

{figures.cost_table(found, "payhub")}

The due attempt, the order that follows and the webhook are the workers'. A payment leaves {report["rows_per_payment"]} rows and {report["bytes_per_payment"]} bytes (indexes included) behind.

The same of other systems, each with its own floor on the same two cores:

{figures.PEERS}"""


def compare(ground: Ground, asked: argparse.Namespace) -> None:
    """Measure this checkout and a revision in turn; print."""
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept) / "base"
        _git("worktree", "add", "--detach", str(folder), asked.base)
        try:
            sides: list[Side] = [ground.payhub("here"), ground.payhub("base", folder=folder)]
            _print_pairs(ground, sides, asked)
        finally:
            _git("worktree", "remove", "--force", str(folder))


def features(ground: Ground, asked: argparse.Namespace) -> None:
    """Measure payhub beside itself without each of its safety features; print."""
    sides: list[Side] = [ground.payhub("whole")]
    for feature in FEATURES:
        sides.append(side := ground.payhub(f"no-{feature}", without=feature))
        if feature == "triggers":
            for table in side.database.all("SELECT DISTINCT tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal"):
                side.database.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    _print_pairs(ground, sides, asked, PAYING)


def _print_pairs(ground: Ground, sides: list[Side], asked: argparse.Namespace, ops: tuple[str, ...] = OPS) -> None:
    with serving(sides) as pid_of:
        run_rounds(sides, pid_of, rounds=1, payments=WARM_UP, tell=_quiet, ops=ops)
        counts = count_statements(sides, ground.log, WARM_UP, None, ops)
        samples = run_rounds(sides, pid_of, rounds=asked.rounds, payments=asked.payments, tell=_say, ops=ops)
    found = figures.figures_of(samples, counts)
    for side in sides[1:]:
        print(figures.ratio_table(found, sides[0].name, side.name, budgets=False), end="\n\n")
    for side in sides:
        print(side.name, figures.cost_table(found, side.name), sep="\n", end="\n\n")


def _git(*arguments: str) -> None:
    subprocess.run(["git", "-C", str(state.ROOT), *arguments], check=True, capture_output=True)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _quiet(_: str) -> None:
    return


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--payments", type=int, default=80, help="in every round")
    parser.add_argument("--base", help="a revision to measure beside this checkout")
    parser.add_argument("--features", action="store_true", help="what each safety feature costs")
    parser.add_argument("--no-write", action="store_true", help="print only")
    asked = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers end with us
    begun = time.perf_counter()
    act: Callable[[Ground, argparse.Namespace], None] | None = None
    if asked.base or asked.features:
        act = compare if asked.base else features
    with prepared() as ground:
        if act is not None:
            act(ground, asked)
            return
        report = beside_floor(ground, asked)
    report["took_s"] = round(time.perf_counter() - begun)
    section = section_of(report)
    print(section)
    if not asked.no_write:
        document = state.ROOT / "docs" / "performance.md"
        standing = document.read_text() if document.exists() else "# Performance\n"
        document.write_text(figures.put_section(standing, section))
        (state.ROOT / "docs" / "speed.json").write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()

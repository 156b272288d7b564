"""The command line of the simulator."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext

from tests.simulation import exhaustive
from tests.simulation.ground import Ground
from tests.simulation.history import run
from tests.simulation.hunt import WITHIN, hunt
from tests.simulation.plan import PROFILES, draw
from tests.simulation.planted import BUGS, BY_HAND
from tests.simulation.planted.bug import planted
from tests.simulation.report import Totals, failure
from tests.simulation.schedules import SCHEDULES
from tests.simulation.shrink import shrink

TELL_EVERY = 250
Part = Callable[[argparse.Namespace, Ground], tuple[bool, str]]  #: Tells whether all is well, and its figures.
FIRST, SECOND = (f"payhub_simulation_{os.getpid()}_{number}" for number in (1, 2))


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return 1 when something must not be as it is."""
    asked = _parse(arguments)
    ground = Ground(FIRST)
    gc.freeze()  # what is there now stays: no need to look through it again and again
    try:
        results = [part(asked, ground) for part in _parts(asked)]  # all of them, whatever came of the first
    finally:
        ground.leave()
    _say(" ".join(told for _, told in results))
    return 0 if all(good for good, _ in results) else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--histories", type=int, default=0, help="how many, from --seed on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--profile", default="", choices=sorted(PROFILES), help="default: all of them in turn")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="change what is drawn")
    parser.add_argument("--log", action="store_true", help="print the schedule")
    parser.add_argument("--shrink", action="store_true", help="make a failure smaller before it is told")
    parser.add_argument("--marks", action="store_true", help="print how often each fault was met")
    parser.add_argument("--with", dest="bug", default="", help="have a planted bug in all histories")
    parser.add_argument("--planted", nargs="?", const="all", default="", help="hunt planted bugs (all, or names,…)")
    parser.add_argument("--within", type=int, default=WITHIN, help="histories in which a planted bug must be found")
    parser.add_argument("--exhaustive", nargs="?", const="all", default="", help="crash at every point of scenarios")
    parser.add_argument("--every", type=int, default=1, help="crash only at every so many of those points")
    parser.add_argument("--schedules", nargs="?", const="all", default="", help="play those made by hand (or names,…)")
    parser.add_argument("--replay", type=int, default=0, help="run so many seeds on two databases and compare them")
    return parser.parse_args(arguments)


def _parts(asked: argparse.Namespace) -> list[Part]:
    parts: list[Part] = []
    if asked.histories:
        parts.append(_histories)
    if asked.exhaustive:
        parts.append(_exhaustive)
    if asked.schedules:
        parts.append(_schedules)
    if asked.planted:
        parts.append(_planted)
    if asked.replay:
        parts.append(_replay)
    return parts


def _profile(asked: argparse.Namespace, seed: int) -> str:
    """Half of all histories are the swarm's; the rarer races take turns in the other half."""
    others = [name for name in PROFILES if name not in {"swarm", "calm"}]
    return str(asked.profile) or ("swarm" if seed % 2 else others[seed // 2 % len(others)])


def _histories(asked: argparse.Namespace, ground: Ground) -> tuple[bool, str]:
    totals = Totals()
    changes = dict(change.split("=", 1) for change in asked.set)
    bug = next((bug for bug in (*BUGS, *BY_HAND) if bug.name == asked.bug), None)
    with planted(bug, ground) if bug else nullcontext():
        for seed in range(asked.seed, asked.seed + asked.histories):
            plan = draw(seed, _profile(asked, seed)).changed(changes)
            result = run(plan, ground, keep_trace=asked.log)
            totals.add(result)
            if totals.histories % TELL_EVERY == 0:
                _say(totals.told())
            if asked.log:
                _say(*result.lines, f"trace {result.digest}")
            if result.violation:
                _say(failure(shrink(result, ground) if asked.shrink else result, asked.bug))
    if asked.marks:
        _say(totals.marks())
    return totals.violations == 0, totals.told()


def _exhaustive(asked: argparse.Namespace, ground: Ground) -> tuple[bool, str]:
    names = list(exhaustive.SCENARIOS) if asked.exhaustive == "all" else asked.exhaustive.split(",")
    good, crashed, points = True, 0, 0
    for name in names:
        totals = Totals()
        for result in exhaustive.crash_everywhere(name, ground, asked.every):
            totals.add(result)
            if result.violation:
                _say(failure(result))
        good = good and totals.violations == 0 and totals.crashes == totals.histories
        crashed, points = crashed + totals.crashes, points + totals.histories
        _say(f"exhaustive {name}: crash_points={totals.crashes}/{totals.histories} {totals.told()}")
    return good, f"crash_points={crashed}/{points}"


def _planted(asked: argparse.Namespace, ground: Ground) -> tuple[bool, str]:
    bugs = [bug for bug in BUGS if asked.planted == "all" or bug.name in asked.planted.split(",")]
    missed = 0
    for bug in bugs:
        found = hunt(bug, ground, seed=asked.seed, within=asked.within)
        missed += not found.violation
        _say(f"planted {bug.name}: {found.histories if found.violation else 'NOT FOUND'} {found.violation[:110]}")
    return missed == 0, f"planted={len(bugs) - missed}/{len(bugs)}"


def _schedules(asked: argparse.Namespace, ground: Ground) -> tuple[bool, str]:
    """Play every schedule with its guard, and without it: it must hold, and it must not."""
    bugs = {bug.name: bug for bug in (*BUGS, *BY_HAND)}
    asked_for = [s for s in SCHEDULES if asked.schedules == "all" or s.name in asked.schedules.split(",")]
    wrong = 0
    for schedule in asked_for:
        for name in ("", *schedule.bugs):
            result = schedule.run(ground, bugs[name] if name else None, keep_trace=asked.log)
            is_right = bool(result.violation) == bool(name) and result.error is None
            wrong += not is_right
            if asked.log:
                _say(*result.lines)
            _say(f"schedule {schedule.name} [{name}] {'as it must' if is_right else 'WRONG'}: {result.violation[:150]}")
    return wrong == 0, f"schedules={len(asked_for)} wrong={wrong}"


def _replay(asked: argparse.Namespace, ground: Ground) -> tuple[bool, str]:
    """Run the same seeds on another database and compare the traces."""
    plans = [draw(seed, _profile(asked, seed)) for seed in range(asked.seed, asked.seed + asked.replay)]
    here = [run(plan, ground).digest for plan in plans]
    ground.leave()
    second = Ground(SECOND)
    there = [run(plan, second).digest for plan in plans]
    second.leave()
    different = [plan.seed for plan, one, other in zip(plans, here, there, strict=True) if one != other]
    for seed in different:
        _say(f"seed {seed} went another way on the second database")
    return not different, f"replays_equal={len(plans) - len(different)}/{len(plans)}"


def _say(*lines: str) -> None:
    sys.stdout.write("".join(line + "\n" for line in lines))
    sys.stdout.flush()

"""The part of the simulation that every change has to pass; `make simulate` runs all of it (docs/simulation.md).

Each test is one run of the simulator; two groups, so that two workers share them.
"""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.simulation.exhaustive import SCENARIOS

FIRST = pytest.mark.xdist_group("simulation-1")
SECOND = pytest.mark.xdist_group("simulation-2")
pytestmark = pytest.mark.timeout(1800)
HISTORIES = 75  # in each of two runs
REPLAYED = 6
EVERY = 25  # of so many crash points one
# One bug for each way of being found: a continuous oracle, the channels' books, payhub's own audit, a swallowed error.
PLANTED = (
    "no_live_check",
    "no_live_check_and_no_index",
    "call_in_transaction",
    "timeout_is_failure",
    "not_paid_is_closed",
    "no_amount_check",
    "new_refund_number_every_time",
    "surplus_is_paid",
    "closed_is_final",
    "surplus_not_returned",
)


def run(*arguments: str) -> str:
    """Run the simulator; return what it printed."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.simulation", *arguments], capture_output=True, text=True, check=False
    )
    return f"{ran.stdout}\n{ran.stderr}"


def figure(told: str, name: str) -> str:
    """Return one figure of the last line."""
    found = re.findall(rf"\b{name}=(\S+)", told)
    assert found, told[-4000:]
    return str(found[-1])


@pytest.mark.parametrize(
    "seed", [pytest.param(1, marks=FIRST), pytest.param(1 + HISTORIES, marks=SECOND)], ids=["first", "second"]
)
def test_no_history_violates_anything(seed: int) -> None:
    told = run(f"--histories={HISTORIES}", f"--seed={seed}")
    assert (figure(told, "histories"), figure(told, "violations")) == (str(HISTORIES), "0"), told[-4000:]
    assert int(figure(told, "crashes")) > 0
    assert int(figure(told, "payments")) > 0
    assert int(figure(told, "refunds")) > 0


@FIRST
def test_a_process_may_die_anywhere() -> None:
    told = run("--exhaustive", f"--every={EVERY}")
    crashed, points = figure(told, "crash_points").split("/")
    assert crashed == points, told[-4000:]
    assert int(points) > 5 * len(SCENARIOS)


@SECOND
def test_planted_bugs_are_found() -> None:
    told = run(f"--planted={','.join(PLANTED)}", "--within=60")
    assert figure(told, "planted") == f"{len(PLANTED)}/{len(PLANTED)}", told[-4000:]


@FIRST
def test_the_same_seeds_go_the_same_way_on_another_database() -> None:
    told = run(f"--replay={REPLAYED}", "--seed=1001")
    assert figure(told, "replays_equal") == f"{REPLAYED}/{REPLAYED}", told[-4000:]


@SECOND
def test_a_failure_is_made_smaller_and_its_command_fails_again() -> None:
    told = run("--histories=3", "--seed=1", "--with=surplus_is_paid", "--profile=late_money", "--shrink")
    command = re.search(r"replay: python -m tests\.simulation (.+) --log", told)
    assert command, told[-4000:]
    assert "=0.0" in command[1], "no fault was taken away"
    assert int(figure(run(*command[1].split()), "violations")) == 1, told[-4000:]

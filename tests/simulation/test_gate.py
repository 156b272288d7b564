"""The part of the simulation that every change has to pass; `make simulate` runs all of it (docs/simulation.md)."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.xdist_group("simulation"), pytest.mark.timeout(900)]
HISTORIES = 100
REPLAYED = 10
# One bug for each way of being found: a continuous oracle, the channels' books, payhub's own audit, a swallowed error.
PLANTED = (
    "no_live_check",
    "no_live_check_and_no_index",
    "call_in_transaction",
    "timeout_is_failure",
    "not_paid_is_closed",
    "closed_is_final",
    "no_amount_check",
    "surplus_not_returned",
    "never_done",
    "surplus_is_paid",
    "new_refund_number_every_time",
    "second_receipt_by_two_doors",
)


@pytest.fixture(scope="module")
def told() -> str:
    """What one run of the simulator printed."""
    arguments = [f"--histories={HISTORIES}", f"--planted={','.join(PLANTED)}"]
    arguments += ["--exhaustive=paid", "--within=100", f"--replay={REPLAYED}", "--seed=1"]
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{ran.stdout}\n{ran.stderr}"


def figure(told: str, name: str) -> str:
    """Return one figure of the last line."""
    found = re.findall(rf"\b{name}=(\S+)", told)
    assert found, told[-4000:]
    return str(found[-1])


def test_no_history_violates_anything(told: str) -> None:
    assert (figure(told, "histories"), figure(told, "violations")) == (str(HISTORIES), "0"), told[-4000:]
    assert int(figure(told, "crashes")) > 0
    assert int(figure(told, "refunds")) > 0


def test_a_process_may_die_at_every_point_of_a_payment(told: str) -> None:
    crashed, points = figure(told, "crash_points").split("/")
    assert crashed == points, told[-4000:]
    assert int(points) > 50


def test_planted_bugs_are_found(told: str) -> None:
    assert figure(told, "planted") == f"{len(PLANTED)}/{len(PLANTED)}", told[-4000:]


def test_the_same_seeds_go_the_same_way_on_another_database(told: str) -> None:
    assert figure(told, "replays_equal") == f"{REPLAYED}/{REPLAYED}", told[-4000:]

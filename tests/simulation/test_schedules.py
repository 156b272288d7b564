"""Schedules made by hand: each holds, and each is violated when its guard is gone (docs/simulation.md)."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.simulation.schedules import SCHEDULES

pytestmark = [pytest.mark.xdist_group("simulation-2"), pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def told() -> str:
    """What one run of the simulator printed."""
    command = [sys.executable, "-m", "tests.simulation", "--schedules"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{ran.stdout}\n{ran.stderr}"


@pytest.mark.parametrize("name", [schedule.name for schedule in SCHEDULES])
def test_the_schedule_holds(told: str, name: str) -> None:
    assert f"schedule {name} [] as it must" in told, told[-4000:]


@pytest.mark.parametrize(("name", "bug"), [(schedule.name, bug) for schedule in SCHEDULES for bug in schedule.bugs])
def test_without_its_guard_the_schedule_is_violated(told: str, name: str, bug: str) -> None:
    assert f"schedule {name} [{bug}] as it must" in told, told[-4000:]


def test_every_schedule_says_which_guard_it_is_the_reason_for() -> None:
    assert len(SCHEDULES) >= 15
    assert all(schedule.says and schedule.bugs for schedule in SCHEDULES)

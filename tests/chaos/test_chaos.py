"""Twenty seconds of chaos with real processes; `make chaos` runs longer (docs/simulation.md)."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tests.chaos.nemesis import plan

SEED = 237  # within twenty seconds it kills both servers, the web server and a worker
FIGURES = re.compile(r"(\w+)=(\d+)")


def test_the_same_seed_is_the_same_plan() -> None:
    assert plan(SEED, 90) == plan(SEED, 90)
    assert plan(SEED, 90) != plan(SEED + 1, 90)


def test_the_twenty_seconds_that_every_change_must_pass_kill_what_matters() -> None:
    struck = {(blow.how, blow.whom) for blow in plan(SEED, 20)}
    assert {("kill_server", "PostgreSQL"), ("kill_server", "Valkey"), ("kill", "web"), ("kill", "worker1")} <= struck


def test_a_minute_and_a_half_strikes_every_way_there_is() -> None:
    ways = {blow.how for blow in plan(SEED, 90)}
    assert ways == {"kill", "behead", "stop", "kill_server", "flush", "terminate", "fault"}


@pytest.mark.chaos
@pytest.mark.xdist_group("chaos")
@pytest.mark.timeout(300)
def test_twenty_seconds_of_chaos_lose_nothing_and_charge_nobody_twice() -> None:
    command = [sys.executable, "-m", "tests.chaos", "--seconds=20", f"--seed={SEED}", "--shoppers=4"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-6000:]
    told = {name: int(figure) for name, figure in FIGURES.findall(ran.stdout.splitlines()[-1])}
    assert told["violations"] == 0
    assert min(told["strikes"], told["revived"], told["orders"], told["told_paid"], told["charges"]) > 0, told

"""`dev.servers run`: servers of its own for one command."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from dev.waiting import wait_until
from tests.dev.conftest import Place, in_one_sentence

_SAYS_READY_AND_WAITS = """
import os, time
print("ready", os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
time.sleep(60)
"""
_COUNTS_SIGNALS = """
import signal, time
got = []
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda number, frame: got.append(number))
print("ready", flush=True)
while not got:
    time.sleep(0.01)
time.sleep(0.5)  # for a second one
print(*got, flush=True)
"""


def _left(place: Place) -> tuple[list[psutil.Process], list[str]]:
    return place.processes(), [folder.name for folder in place.folder.glob("run-*")]


def test_the_exit_code_is_the_commands_and_nothing_is_left(place: Place) -> None:
    ran = place.call("servers", "run", "--fast", "--", "sh", "-c", "exit 7")

    assert ran.returncode == 7
    assert _left(place) == ([], [])


def test_a_command_that_a_signal_ended_gives_128_and_its_number(place: Place) -> None:
    assert place.call("servers", "run", "--fast", "--", "sh", "-c", "kill -9 $$").returncode == 137


def test_a_command_that_does_not_exist_is_told_in_one_sentence(place: Place) -> None:
    ran = place.call("servers", "run", "--", "no-such-command")

    assert "no-such-command" in in_one_sentence(ran)
    assert _left(place) == ([], [])


def test_two_runs_and_the_demos_servers_do_not_meet(place: Place) -> None:
    command = ("servers", "run", "--fast", "--", sys.executable, "-c", _SAYS_READY_AND_WAITS)
    place.call("servers", "start")
    demo = place.call("servers", "env").stdout

    with place.background(*command) as one, place.background(*command) as other:
        assert one.stdout is not None
        assert other.stdout is not None
        addresses = {*one.stdout.readline().split(), *other.stdout.readline().split()}

    assert len(addresses) == 5  # "ready" and four addresses
    assert not any(address in demo for address in addresses)
    assert place.call("servers", "env").stdout == demo


def _from_the_terminal(run: subprocess.Popen[str], number: signal.Signals) -> None:
    os.killpg(run.pid, number)


def _to_the_process(run: subprocess.Popen[str], number: signal.Signals) -> None:
    run.send_signal(number)


@pytest.mark.parametrize(
    ("number", "send"),
    [(signal.SIGINT, _from_the_terminal), (signal.SIGINT, _to_the_process), (signal.SIGTERM, _to_the_process)],
)
def test_a_signal_reaches_the_command_once_and_nothing_is_left(
    place: Place, number: signal.Signals, send: Callable[[subprocess.Popen[str], signal.Signals], None]
) -> None:
    with place.background("servers", "run", "--fast", "--", sys.executable, "-c", _COUNTS_SIGNALS) as run:
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        servers = place.servers()
        send(run, number)

        assert run.stdout.read() == f"{number}\n"
        assert run.wait(timeout=60) == 0
    assert _left(place) == ([], [])
    assert len(servers) == 2
    assert not any(psutil.pid_exists(server) for server in servers)  # not even as a zombie


def test_a_signal_while_the_servers_start_leaves_nothing(place: Place) -> None:
    with place.background("servers", "run", "--", "sleep", "60") as run:
        assert wait_until(lambda: bool(list(place.folder.glob("run-*/*"))), timeout_s=30)
        run.send_signal(signal.SIGINT)

        assert run.wait(timeout=60) == 130
    assert _left(place) == ([], [])


def test_what_a_killed_run_left_is_cleared_away_by_the_next(place: Place) -> None:
    with place.background("servers", "run", "--", sys.executable, "-c", _SAYS_READY_AND_WAITS) as run:
        assert run.stdout is not None
        assert run.stdout.readline().startswith("ready")
        run.kill()
        run.wait()
        for process in place.processes():
            if process.name().startswith("python"):
                process.kill()
    servers, folders = _left(place)
    assert servers
    assert folders

    assert place.call("servers", "run", "--fast", "--", "true").returncode == 0

    assert _left(place) == ([], [])


def test_the_command_may_read_what_is_typed(place: Place) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "dev.servers", "run", "--fast", "--", "cat"],
        env=place.environment(),
        input="typed\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stdout == "typed\n"

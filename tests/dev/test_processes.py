"""The programs of the process file: started together, ended together."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from dev import processes
from dev.processes import Processes, read_procfile
from dev.waiting import wait_until

_STARTS_ANOTHER_AND_ENDS = "sh -c 'sleep 60 & echo $!; exit 3'"
_IGNORES_SIGTERM = f"""{sys.executable} -uc "
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print('deaf')
time.sleep(60)" """


def test_output_comes_line_by_line_with_the_programs_name(capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = []

    def both_spoke() -> bool:
        said.extend(capsys.readouterr().out.splitlines())
        return len(said) == 2

    both = Processes({"one": "echo hello", "another": "sh -c 'echo $GREETING >&2'"})
    with both.started({**os.environ, "GREETING": "good day"}):
        assert wait_until(both_spoke, timeout_s=30)

    assert sorted(said) == ["another | good day", "one     | hello"]


def test_a_program_that_ends_by_itself_is_named_while_the_others_run() -> None:
    both = Processes({"lasting": "sleep 60", "short": "sh -c 'exit 3'"})
    with both.started(os.environ):
        assert wait_until(lambda: both.ended() is not None, timeout_s=30)
        assert both.ended() == "short ended by itself (exit code 3)"


def test_what_a_program_started_ends_with_it(capsys: pytest.CaptureFixture[str]) -> None:
    program = Processes({"parent": _STARTS_ANOTHER_AND_ENDS})
    with program.started(os.environ):
        assert wait_until(lambda: program.ended() is not None, timeout_s=30)

    left = int(capsys.readouterr().out.split("|")[1])
    assert wait_until(lambda: not psutil.pid_exists(left) or psutil.Process(left).status() == "zombie", timeout_s=10)


def test_a_program_that_will_not_end_is_killed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "_END_WITHIN_S", 0.2)
    program = Processes({"deaf": _IGNORES_SIGTERM})
    with program.started(os.environ):
        assert wait_until(lambda: "deaf | deaf" in capsys.readouterr().out, timeout_s=30)

    assert program.ended() == "deaf ended by itself (exit code -9)"


def test_the_process_file_names_what_the_demo_needs() -> None:
    commands = read_procfile(Path(processes.__file__).with_name("Procfile"))

    assert set(commands) == {"web", "worker", "beat", "sandbox"}


def test_a_program_that_was_killed_is_started_again_when_the_rest_of_its_group_is_gone(tmp_path: Path) -> None:
    said = tmp_path / "said"
    leaves_another = Processes({"one": f"sh -c 'sleep 60 & echo $! >> {said}; wait'", "other": "sleep 60"})

    def others() -> list[int]:
        return [int(line) for line in said.read_text().splitlines()] if said.exists() else []

    with leaves_another.started(os.environ):
        assert wait_until(lambda: len(others()) == 1, timeout_s=30)
        leaves_another.strike("one", signal.SIGKILL, whole=False)
        assert wait_until(lambda: leaves_another.revive() == ["one"], timeout_s=30)
        assert wait_until(lambda: len(others()) == 2, timeout_s=30)
        first = others()[0]
        assert wait_until(lambda: not psutil.pid_exists(first) or _is_zombie(first), timeout_s=30)
        assert leaves_another.ended() is None


def _is_zombie(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE

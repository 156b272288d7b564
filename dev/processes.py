"""The programs of the process file, started together and ended together.

Not honcho, which reads the same file: a Ctrl-C in its first moments, while its programs start, leaves it hanging or
leaves some of them behind (in 14 of 40 tries here).
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TextIO, cast

from dev.waiting import wait_until

_END_WITHIN_S = 8.0


class Processes:
    """Programs that run at the same time, their output line by line on ours."""

    def __init__(self, commands: Mapping[str, str], out: TextIO | None = None) -> None:
        self._commands = commands
        self._out = out or sys.stdout
        self._environment: Mapping[str, str] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._readers: list[threading.Thread] = []

    @contextlib.contextmanager
    def started(self, environment: Mapping[str, str]) -> Iterator[None]:
        """Have the programs run for the body, and end what is left of them after it."""
        self._environment = environment
        try:
            for name in self._commands:
                self._start(name)
            yield
        finally:
            self._end()

    def ended(self) -> str | None:
        """Name a program that has ended and its exit code, or return None while all run."""
        for name, process in self._running.items():
            if process.poll() is not None:
                return f"{name} ended by itself (exit code {process.returncode})"
        return None

    def pid(self, name: str) -> int:
        """Return the process number of a program."""
        return self._running[name].pid

    def strike(self, name: str, number: signal.Signals, *, whole: bool = True) -> None:
        """Send a program a signal, to its whole group or to itself alone; nothing if it has gone."""
        process = self._running[name]
        if process.poll() is None:
            (os.killpg if whole else os.kill)(process.pid, number)

    def revive(self) -> list[str]:
        """Start anew what has ended, when the rest of its group is ended, too; name it."""
        gone = [name for name, process in self._running.items() if process.poll() is not None]
        for name in gone:
            _end_group(self._running[name])
            self._start(name)
        return gone

    def _start(self, name: str) -> None:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {self._commands[name]}"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and each program is a group that can be ended whole
        )
        self._running[name] = process
        output = cast("IO[bytes]", process.stdout)
        width = max(map(len, self._commands))
        prefix = _prefix(list(self._commands).index(name), name, width) if self._out.isatty() else f"{name:<{width}} | "
        reader = threading.Thread(target=_copy, args=(output, prefix, self._out), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _end(self) -> None:
        for process in self._running.values():
            process.terminate()
        wait_until(
            lambda: all(process.poll() is not None for process in self._running.values()), timeout_s=_END_WITHIN_S
        )
        for process in self._running.values():
            _end_group(process)
            process.wait()
        for reader in self._readers:
            reader.join(timeout=1)


def read_procfile(file: Path) -> dict[str, str]:
    """Return the commands of a process file by name."""
    lines = (line.partition(":") for line in file.read_text().splitlines() if line.strip())
    return {name.strip(): command.strip() for name, _, command in lines}


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # what is left of the group, also where the program has ended


def _prefix(number: int, name: str, width: int) -> str:
    return f"\033[{32 + number % 5}m{name:<{width}} | \033[0m"


def _copy(source: IO[bytes], prefix: str, out: TextIO) -> None:
    with source:
        for line in source:
            # A reader that has gone (`make demo | head`) must not stop this: the program would block on a full pipe.
            with contextlib.suppress(OSError, ValueError):
                out.write(prefix + line.decode(errors="replace"))
                out.flush()

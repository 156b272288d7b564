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
from typing import IO, cast

from dev.waiting import wait_until

_END_WITHIN_S = 8.0


class Processes:
    """Programs that run at the same time, their output line by line on ours."""

    def __init__(self, commands: Mapping[str, str]) -> None:
        self._commands = commands
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._readers: list[threading.Thread] = []

    @contextlib.contextmanager
    def started(self, environment: Mapping[str, str]) -> Iterator[None]:
        """Have the programs run for the body, and end what is left of them after it."""
        try:
            for number, (name, command) in enumerate(self._commands.items()):
                self._start(number, name, command, environment)
            yield
        finally:
            self._end()

    def ended(self) -> str | None:
        """Name a program that has ended and its exit code, or return None while all run."""
        for name, process in self._running.items():
            if process.poll() is not None:
                return f"{name} ended by itself (exit code {process.returncode})"
        return None

    def _start(self, number: int, name: str, command: str, environment: Mapping[str, str]) -> None:
        process = subprocess.Popen(
            ["sh", "-c", f"exec {command}"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches us alone, and each program is a group that can be ended whole
        )
        self._running[name] = process
        output = cast("IO[bytes]", process.stdout)
        width = max(map(len, self._commands))
        reader = threading.Thread(target=_copy, args=(output, _prefix(number, name, width)), daemon=True)
        reader.start()
        self._readers.append(reader)

    def _end(self) -> None:
        for process in self._running.values():
            process.terminate()
        wait_until(
            lambda: all(process.poll() is not None for process in self._running.values()), timeout_s=_END_WITHIN_S
        )
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # what is left of the group, also where the program has ended
            process.wait()
        for reader in self._readers:
            reader.join(timeout=1)


def read_procfile(file: Path) -> dict[str, str]:
    """Return the commands of a process file by name."""
    lines = (line.partition(":") for line in file.read_text().splitlines() if line.strip())
    return {name.strip(): command.strip() for name, _, command in lines}


def _prefix(number: int, name: str, width: int) -> str:
    plain = f"{name:<{width}} | "
    return f"\033[{32 + number % 5}m{plain}\033[0m" if sys.stdout.isatty() else plain


def _copy(source: IO[bytes], prefix: str) -> None:
    with source:
        for line in source:
            # A reader that has gone (`make demo | head`) must not stop this: the program would block on a full pipe.
            with contextlib.suppress(OSError):
                sys.stdout.write(prefix + line.decode(errors="replace"))
                sys.stdout.flush()

"""One bundled server: starting it, knowing whether it runs, ending it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from dev.account import Account
from dev.state import locked_at_once, open_private, write_private
from dev.trouble import Trouble
from dev.waiting import wait_until

_ATTEMPTS = 3
_READY_WITHIN_S = 30.0
_ENDS_WITHIN_S = 20.0


class NoAnswer(Exception):
    """The server does not answer (yet); the text says why."""


class Malformed(Exception):
    """The address is none of this kind of server."""


@dataclass(frozen=True)
class Launch:
    """What it takes to start a server once its port is known."""

    command: Sequence[str | Path]
    cwd: Path
    url: str
    account: Account


class Kind(Protocol):
    """A kind of server. The modules dev.postgres and dev.valkey are the two there are."""

    TITLE: str
    VARIABLE: str
    ADDRESS: str
    END_SIGNAL: signal.Signals

    def launch(self, folder: Path, port: int, *, fast: bool) -> Launch:
        """Prepare the data in `folder` and return what starts the server. Raises Trouble."""

    def version(self, url: str) -> str:
        """Ask the server for its version. Raises Malformed, NoAnswer."""


@dataclass(frozen=True)
class Server:
    """A server that was started in a state folder."""

    pid: int
    url: str


def start(kind: Kind, folder: Path, *, fast: bool, port: int | None = None) -> Server:
    """Start a server on this or a free port of 127.0.0.1 and return once it answers. Raises Trouble."""
    log = _log(kind, folder)
    for _ in range(_ATTEMPTS):  # another program may take the free port before the server does
        launch = kind.launch(folder, port or _free_port(), fast=fast)
        try:
            process = _spawn(kind, folder, launch)
        except OSError as error:
            raise Trouble(
                f"{kind.TITLE} ({launch.command[0]}) cannot be run ({error.strerror}): "
                f"set {kind.VARIABLE} to a server of your own."
            ) from error
        if _came_up(kind, process, launch.url):
            return Server(process.pid, launch.url)
    lines = log.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    raise Trouble(
        f"{kind.TITLE} does not start ({lines[-1].strip()}): see {log}, or set {kind.VARIABLE} to a server of your own."
    )


def recall(kind: Kind, folder: Path) -> Server | None:
    """Return the server that runs in `folder`, or None."""
    if not _is_held(_lock(kind, folder)):
        return None
    return Server(**json.loads(_record(kind, folder).read_text()))


def kill(kind: Kind, folder: Path) -> None:
    """Kill the server that runs in `folder` as a fault would, and return when its last process has gone."""
    running = recall(kind, folder)
    if running is not None:
        os.kill(running.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(running.pid, 0)
        wait_until(lambda: recall(kind, folder) is None, timeout_s=_ENDS_WITHIN_S)


def start_again(kind: Kind, folder: Path, *, fast: bool) -> Server:
    """Start a server that was killed, with its data and at its address. Raises Trouble."""
    last = Server(**json.loads(_record(kind, folder).read_text()))
    return start(kind, folder, fast=fast, port=urlsplit(last.url).port)


def end(kind: Kind, folder: Path) -> None:
    """End the server that runs in `folder`, if any, and return when its last process has gone."""
    server = recall(kind, folder)
    if server is None:
        return
    for number in (kind.END_SIGNAL, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(server.pid, number)
        if wait_until(lambda: recall(kind, folder) is None, timeout_s=_ENDS_WITHIN_S):
            with contextlib.suppress(ChildProcessError):  # or else a child of ours stays as a zombie
                os.waitpid(server.pid, 0)
            return
    raise Trouble(f"{kind.TITLE} (process {server.pid}) does not end: see {_log(kind, folder)}.")


def _spawn(kind: Kind, folder: Path, launch: Launch) -> subprocess.Popen[bytes]:
    # The server inherits a lock, and with it all its children. The lock is free only when all of them have gone,
    # however they went: process numbers are used again, and a killed process may stay for ever as a zombie.
    with _lock(kind, folder).open("w") as lock, open_private(_log(kind, folder)) as log:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _record(kind, folder).unlink(missing_ok=True)  # never to be taken for the new server's
        process = subprocess.Popen(
            launch.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=launch.cwd,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            start_new_session=True,  # Ctrl-C is for the programs that use the server; it goes after them
            pass_fds=[lock.fileno()],
            **launch.account,
        )
        write_private(_record(kind, folder), json.dumps(asdict(Server(process.pid, launch.url))))
    return process


def _came_up(kind: Kind, process: subprocess.Popen[bytes], url: str) -> bool:
    def answers_or_ended() -> bool:
        with contextlib.suppress(NoAnswer):
            return bool(kind.version(url))
        return process.poll() is not None

    try:
        if wait_until(answers_or_ended, timeout_s=_READY_WITHIN_S) and process.poll() is None:
            return True
    except BaseException:
        process.kill()
        raise
    process.kill()
    process.wait()
    return False


def _is_held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with locked_at_once(lock) as free:
        return not free


def _lock(kind: Kind, folder: Path) -> Path:
    return folder / f"{kind.TITLE.lower()}.lock"


def _record(kind: Kind, folder: Path) -> Path:
    return folder / f"{kind.TITLE.lower()}.json"


def _log(kind: Kind, folder: Path) -> Path:
    return folder / f"{kind.TITLE.lower()}.log"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

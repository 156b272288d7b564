"""A place of its own for every test's servers, and nothing left of them after it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]


class Place:
    """A state folder, and the commands of dev/ run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def environment(self, **more: str) -> dict[str, str]:
        """Return our environment without the servers that the tests themselves run on."""
        own = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        return {**own, "PAYHUB_DEV_DIR": str(self.folder), "PYTHONUNBUFFERED": "1", **more}

    def call(self, module: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a module of dev/ to its end."""
        return subprocess.run(
            [sys.executable, "-m", f"dev.{module}", *arguments],
            cwd=_CHECKOUT,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    @contextlib.contextmanager
    def background(self, module: str, *arguments: str, **more: str) -> Iterator[subprocess.Popen[str]]:
        """Run a module of dev/ beside the test, and end it after it."""
        with subprocess.Popen(
            [sys.executable, "-m", f"dev.{module}", *arguments],
            cwd=_CHECKOUT,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                process.terminate()

    def processes(self) -> list[psutil.Process]:
        """Return every process, of whatever account, that was started in this place."""
        return [
            process for process in psutil.process_iter() if any(str(self.folder) in said for said in _traces(process))
        ]

    def servers(self) -> list[int]:
        """Return the process numbers of the servers that were started last in this place."""
        records = [*self.folder.glob("*/postgresql.json"), *self.folder.glob("*/valkey.json")]
        return [json.loads(record.read_text())["pid"] for record in records]


def _traces(process: psutil.Process) -> Iterator[str]:
    """Yield what tells where a process was started. PostgreSQL's account may hide its environment, and Valkey writes
    over its own.
    """
    with contextlib.suppress(psutil.Error):
        yield from process.cmdline()
    with contextlib.suppress(psutil.Error):
        yield process.environ().get("PAYHUB_DEV_DIR", "")
    with contextlib.suppress(psutil.Error):
        yield process.cwd()


@contextlib.contextmanager
def _a_place() -> Iterator[Place]:
    # Not tmp_path: root's is closed to the account that PostgreSQL runs as.
    place = Place(Path(tempfile.mkdtemp(prefix="payhub-dev-")))
    try:
        yield place
    finally:
        for process in place.processes():
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)
        shutil.rmtree(place.folder)


@pytest.fixture
def place() -> Iterator[Place]:
    """Return a place for servers; what still runs there after the test is killed."""
    with _a_place() as place:
        yield place


@pytest.fixture(scope="module")
def running() -> Iterator[Place]:
    """Return a place where both servers run, for tests that only look."""
    with _a_place() as place:
        assert place.call("servers", "start").returncode == 0
        yield place


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Return a port of 127.0.0.1 that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        yield port


def in_one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    """Return the error that the command ended with, after checking that it is one line without a traceback."""
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.endswith(".\n")
    assert done.stderr.count("\n") == 1
    return done.stderr

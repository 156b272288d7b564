"""The bundled PostgreSQL and Valkey of development and tests.

python -m dev.servers start                   start them for the demo, or leave them running
python -m dev.servers stop                    stop them
python -m dev.servers status                  tell what runs, and where
python -m dev.servers env                     print DATABASE_URL and REDIS_URL of what runs, for a shell to read
python -m dev.servers run [--fast] -- CMD     run a command with servers of its own, then stop them and delete their data
                                              (--fast: quicker, but a power cut loses the data)

A DATABASE_URL or REDIS_URL in the environment wins: then nothing is started in its place.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from dev import postgres, server, state, valkey
from dev.server import Kind, Malformed, NoAnswer, Server
from dev.signals import EndSignals
from dev.trouble import Trouble, run_as_program
from dev.waiting import wait_until

KINDS: tuple[Kind, ...] = (postgres, valkey)


def demo_folder() -> Path:
    """Return the folder of the demo's servers, made if need be."""
    return state.make_private(state.base() / "demo")


def start(folder: Path, *, fast: bool = False) -> dict[str, str]:
    """See to it that both servers run and return their addresses by variable. Raises Trouble."""
    given = {kind.VARIABLE: _given(kind) for kind in KINDS}  # all of them before anything is started
    with state.locked(folder / "lock"):
        return {kind.VARIABLE: given[kind.VARIABLE] or _address(kind, folder, fast=fast) for kind in KINDS}


def stop(folder: Path) -> None:
    """Stop the servers of the folder and return when they have gone. Raises Trouble."""
    with state.locked(folder / "lock"):
        for kind in reversed(KINDS):
            server.end(kind, folder)


@contextlib.contextmanager
def using(folder: Path, *, fast: bool = False) -> Iterator[dict[str, str]]:
    """Have the servers of the folder run for the body; whoever leaves last stops them.

    The demo and a shell beside it share servers. A user that was killed no longer counts: its lock went with it.
    """
    users = folder / "users"
    with users.open("w") as mine:
        fcntl.flock(mine, fcntl.LOCK_SH)
        try:
            yield start(folder, fast=fast)
        finally:
            fcntl.flock(mine, fcntl.LOCK_UN)
            with state.locked_at_once(users) as nobody_else:
                if nobody_else:
                    stop(folder)


@contextlib.contextmanager
def private(*, fast: bool) -> Iterator[dict[str, str]]:
    """Have servers run for the body that nobody else uses, with data that are deleted after it."""
    with private_folder(fast=fast) as (_, addresses):
        yield addresses


@contextlib.contextmanager
def private_folder(*, fast: bool) -> Iterator[tuple[Path, dict[str, str]]]:
    """Do as `private` does and name the servers' folder, too."""
    base = state.base()
    with contextlib.ExitStack() as stack:
        with state.locked(base / "runs.lock"):
            _clear_away_killed_runs(base)
            folder = state.make_private(Path(tempfile.mkdtemp(prefix="run-", dir=base)))
            stack.callback(shutil.rmtree, folder)
            addresses = stack.enter_context(using(folder, fast=fast))
        yield folder, addresses


def run(command: Sequence[str], *, fast: bool) -> int:
    """Run the command with private servers and return its exit code (or 128 + n if signal n ended it)."""
    signals = EndSignals()
    with private(fast=fast) as addresses:
        if signals:
            return 128 + (signals.take() or 0)
        return run_child(command, {**os.environ, **addresses}, signals)


def run_child(
    command: Sequence[str],
    environment: Mapping[str, str],
    signals: EndSignals,
    *,
    stdout: IO[bytes] | None = None,
    end_by: signal.Signals | None = None,
) -> int:
    """Run the command, hand on the signals we get (or `end_by` in their place), and return its exit code (or 128 + n
    if signal n ended it). Raises Trouble.
    """
    try:
        # In a session of its own: Ctrl-C would else reach it twice, from the terminal and from us.
        child = subprocess.Popen(command, env=environment, start_new_session=True, stdout=stdout)
    except OSError as error:
        raise Trouble(f"`{command[0]}` cannot be run ({error.strerror}): check the command after `--`.") from error
    while True:
        try:
            code = child.wait(timeout=0.1)
        except subprocess.TimeoutExpired:
            if number := signals.take():
                os.killpg(child.pid, end_by or number)
        else:
            return code if code >= 0 else 128 - code


def _address(kind: Kind, folder: Path, *, fast: bool) -> str:
    if running := server.recall(kind, folder):
        # A server that was killed holds its lock until its last child has gone; one that runs answers.
        wait_until(lambda: server.recall(kind, folder) is None or _answers(kind, running.url), timeout_s=10)
        if server.recall(kind, folder):
            return running.url
    return server.start(kind, folder, fast=fast).url


def _answers(kind: Kind, url: str) -> bool:
    with contextlib.suppress(NoAnswer):
        return bool(kind.version(url))
    return False


def _given(kind: Kind) -> str | None:
    """Return the address that the environment gives, if any, once the server has answered there. Raises Trouble."""
    url = os.environ.get(kind.VARIABLE)
    if not url:
        return None
    otherwise = f"correct it, or unset it to use the bundled {kind.TITLE}."
    try:
        kind.version(url)
    except Malformed as error:
        raise Trouble(f"{kind.VARIABLE} is not an address like {kind.ADDRESS}: {otherwise}") from error
    except NoAnswer as error:
        raise Trouble(f"no {kind.TITLE} answers at {kind.VARIABLE} ({error}): start it, {otherwise}") from error
    return url


def _clear_away_killed_runs(base: Path) -> None:
    for folder in base.glob("run-*"):
        users = folder / "users"
        users.touch()
        with state.locked_at_once(users) as nobody:
            if nobody:
                stop(folder)
                shutil.rmtree(folder)


def _recalled(folder: Path) -> dict[Kind, Server | None]:
    with state.locked(folder / "lock"):
        return {kind: server.recall(kind, folder) for kind in KINDS}


def _print_status(folder: Path) -> None:
    for kind, running in _recalled(folder).items():
        if _given(kind):
            print(f"{kind.TITLE:<11}answers at {kind.VARIABLE}")
        elif running:
            print(f"{kind.TITLE:<11}runs, process {running.pid}, {running.url.rsplit('@')[-1]}")
        else:
            print(f"{kind.TITLE:<11}does not run")
    print(f"{'data':<11}{folder}")


def _print_environment(folder: Path) -> None:
    for kind, running in _recalled(folder).items():
        url = os.environ.get(kind.VARIABLE) or (running and running.url)
        if not url:
            raise Trouble(f"{kind.TITLE} does not run: start it with `python -m dev.servers start`.")
        print(f"export {kind.VARIABLE}={shlex.quote(url)}")


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit code. Raises Trouble."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.servers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("start", "stop", "status", "env"):
        verbs.add_parser(verb)
    running = verbs.add_parser("run")
    running.add_argument("--fast", action="store_true")
    running.add_argument("command", nargs="+")
    asked = parser.parse_args(arguments)
    if asked.verb == "run":
        return run(asked.command, fast=asked.fast)
    folder = demo_folder()
    if asked.verb == "start":
        start(folder)
        _print_status(folder)
    elif asked.verb == "stop":
        stop(folder)
    elif asked.verb == "status":
        _print_status(folder)
    else:
        _print_environment(folder)
    return 0


if __name__ == "__main__":
    run_as_program(main)

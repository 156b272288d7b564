"""Where the bundled servers and the demo keep their data, and the locks on it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dev.account import unprivileged
from dev.trouble import Trouble

ROOT = Path(__file__).resolve().parents[1]


def base() -> Path:
    """Return the folder of all state, made if need be; PAYHUB_DEV_DIR names another.

    That is `.dev` in the checkout, where it is found and deleted with it. Where that cannot work (the checkout is not
    ours to write, its file system keeps no permissions, or we are root and PostgreSQL's account cannot get through a
    parent folder such as /root), it is a folder in /var/tmp that belongs to this user and this checkout. The servers
    open no unix sockets, so the length of the path does not matter.
    """
    if given := os.environ.get("PAYHUB_DEV_DIR"):
        folder = Path(given).resolve()
        if not _usable(folder):
            raise Trouble(f"PAYHUB_DEV_DIR names {folder}, which cannot hold the servers' data: name another folder.")
        return folder
    checkout = ROOT / ".dev"
    if _usable(checkout):
        return checkout
    tag = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    private = Path("/var/tmp") / f"payhub-dev-{os.geteuid()}-{tag}"  # noqa: S108 - the owner is checked below
    if _usable(private):
        return private
    raise Trouble(f"neither {checkout} nor {private} can hold the servers' data: set PAYHUB_DEV_DIR to a folder.")


def _usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        seen = folder.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.geteuid():
            return False
        make_private(folder)
    except OSError:
        return False
    if folder.stat().st_mode & 0o066:  # a file system without permissions
        return False
    return subprocess.run(["test", "-x", folder], check=False, cwd="/", **unprivileged()).returncode == 0


def make_private(folder: Path) -> Path:
    """Make a folder that only we can read. Root's can be passed through, by PostgreSQL's account."""
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def open_private(file: Path) -> BinaryIO:
    """Open a new, empty file that only we can read."""
    file.unlink(missing_ok=True)
    return os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def write_private(file: Path, text: str) -> None:
    """Write a file that only we can read, whole or not at all."""
    fresh = file.with_name(file.name + ".new")
    with open_private(fresh) as out:
        out.write(text.encode())
    fresh.replace(file)


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the file's lock for the body, waiting for others to let go of it."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def locked_at_once(file: Path) -> Iterator[bool]:
    """Hold the file's lock for the body if nobody else does, and tell whether it does."""
    with file.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True

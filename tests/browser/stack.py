"""payhub's real processes on servers of the test run: as the demo starts them, on ports of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from dev import state
from dev.processes import Processes, read_procfile
from dev.waiting import wait_until

_DATABASE = "payhub_stack"
_client = httpx.Client(trust_env=False, timeout=10)  # noqa: TID251 - the test's own client, not payhub's


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Stack:
    """Where the processes answer, and what the sandbox says really happened."""

    web: str
    sandbox: str
    users: dict[str, str]
    environment: dict[str, str]

    @classmethod
    @contextmanager
    def started(cls, folder: Path) -> Iterator[Stack]:
        """Start everything on a fresh database, and end it."""
        ports = {"PORT": str(_free_port()), "SANDBOX_PORT": str(_free_port())}
        web, sandbox = (f"http://127.0.0.1:{port}" for port in ports.values())
        environment = {
            **os.environ,
            **ports,
            "DJANGO_SETTINGS_MODULE": "payhub.settings",
            "DATABASE_URL": _fresh_database(),
            "REDIS_URL": _own_redis(),
            "PAYHUB_BASE_URL": web,
            "PAYHUB_SANDBOX_URL": sandbox,
            "PAY_AGAIN_AFTER_S": "20",
            "SANDBOX_DATA": str(state.make_private(folder / "sandbox")),
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }
        accounts = folder / "accounts.json"
        issued = _run(environment, "-m", "sandbox", "issue", "--data", environment["SANDBOX_DATA"], "--url", sandbox)
        accounts.write_text(issued)
        _run(environment, "manage.py", "migrate", "--noinput")
        seeded = _run(environment, "manage.py", "seed_demo", "--accounts", str(accounts))
        users = {user["name"]: user["password"] for user in json.loads(seeded.splitlines()[-1])["users"]}
        processes = Processes(read_procfile(state.ROOT / "dev" / "Procfile"))
        with processes.started(environment):
            assert wait_until(lambda: _answers(web + "/shop/") and _answers(sandbox + "/_sandbox/"), timeout_s=60)
            yield cls(web=web, sandbox=sandbox, users=users, environment=environment)

    def call_sandbox(self, method: str, path: str, body: dict[str, Any] | None = None, **query: str) -> Any:
        """Call the sandbox's control API."""
        answer = _client.request(method, f"{self.sandbox}/_sandbox/api{path}", json=body, params=query)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def charges(self) -> list[dict[str, Any]]:
        """Return every time that money moved, as the channels' books say."""
        books: list[dict[str, Any]] = self.call_sandbox("GET", "/books")
        return books

    def arm(self, kind: str, **options: Any) -> None:
        """Arm a fault at the sandbox."""
        self.call_sandbox("POST", "/faults", {"kind": kind, **options})

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the stack's database."""
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            return connection.execute(query.encode(), values).fetchall()


def _fresh_database() -> str:
    url = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(urlunsplit(url._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {_DATABASE} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {_DATABASE}".encode())
    return urlunsplit(url._replace(path=f"/{_DATABASE}"))


def _own_redis() -> str:
    return urlunsplit(urlsplit(os.environ["REDIS_URL"])._replace(path="/9"))


def _run(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=state.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _answers(url: str) -> bool:
    try:
        return _client.get(url).status_code == 200
    except httpx.HTTPError:
        return False

"""payhub's real processes on servers of the test run: as the demo starts them, on ports of their own."""

from __future__ import annotations

import os
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
from tests.stack import environment_of, is_up, prepare

_DATABASE = "payhub_stack"
_client = httpx.Client(trust_env=False, timeout=10)  # noqa: TID251 - the test's own client, not payhub's


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
        environment = environment_of(
            folder, database_url=_fresh_database(), redis_url=_own_redis(), settings="payhub.settings"
        )
        environment["PAY_AGAIN_AFTER_S"] = "20"  # as in the demo
        users = prepare(folder, environment)
        processes = Processes(read_procfile(state.ROOT / "dev" / "Procfile"))
        with processes.started(environment):
            assert wait_until(lambda: is_up(environment), timeout_s=60)
            web, sandbox = environment["PAYHUB_BASE_URL"], environment["PAYHUB_SANDBOX_URL"]
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

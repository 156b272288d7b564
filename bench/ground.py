"""The ground of a benchmark: its own PostgreSQL and Valkey (durable), the provider, and the sides that are measured."""

from __future__ import annotations

import base64
import contextlib
import http.client
import os
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.meter import Database
from bench.sides import Floor, Payhub, Side, run
from bench.wechat import account_settings, new_key
from dev import servers, state
from dev.processes import Processes
from dev.waiting import wait_until

LATENCY_MS = 10  # of the provider: the same for all sides
_MANY = "1000000000"


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What all sides share."""

    folder: Path
    addresses: Mapping[str, str]
    provider_url: str
    private_pem: str
    public_pem: str

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "postgresql.log"

    def environment(self, database: str, port: int) -> dict[str, str]:
        """Return the environment of a side: production's, with the guards against floods out of the way."""
        return {
            **os.environ,
            "DATABASE_URL": self._url(database),
            "REDIS_URL": self.addresses["REDIS_URL"],
            "DJANGO_SETTINGS_MODULE": "payhub.settings",
            "SECRET_KEY": "of the benchmark alone, which nobody else can reach" * 2,
            "PAYHUB_VAULT_KEYS": base64.urlsafe_b64encode(b"v" * 32).decode(),
            "PAYHUB_BASE_URL": f"https://127.0.0.1:{port}",
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "0",
            "BENCH_PROVIDER": self.provider_url,
            "API_CALLS_BY_KEY": _MANY,
            "COUNTER_CLICKS_BY_ADDRESS": _MANY,
            "COUNTER_CLICKS_BY_PAYMENT": _MANY,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        }

    def _url(self, database: str) -> str:
        return f"{self.addresses['DATABASE_URL'].rpartition('/')[0]}/{database}"

    def new_database(self, name: str) -> Database:
        """Make a database."""
        with psycopg.connect(self.addresses["DATABASE_URL"], autocommit=True) as server:
            server.execute(f"CREATE DATABASE {name}".encode())
        return Database(self._url(name))

    def floor(self) -> Floor:
        """Return the floor with its tables."""
        port = free_port()
        environment = {**self.environment("floor", port), "DJANGO_SETTINGS_MODULE": "bench.floor.settings"}
        floor = Floor(port=port, environment=environment, database=self.new_database("floor"))
        run(floor, ["-m", "django", "migrate", "--run-syncdb", "-v", "0"])
        return floor

    def payhub(self, name: str = "payhub", *, folder: Path = state.ROOT, without: str = "") -> Payhub:
        """Return payhub of the revision in `folder`, with its tables and merchant; `without` one of its features."""
        port, database = free_port(), f"hub_{name}".replace("-", "_").lower()
        side = Payhub(
            name=name,
            port=port,
            environment={**self.environment(database, port), "BENCH_WITHOUT": without},
            database=self.new_database(database),
            private_pem=self.private_pem,
            folder=folder,
            application="bench.without:application" if without else "payhub.wsgi:application",
        )
        side.prepare(account_settings(self.provider_url, self.public_pem))
        return side


@contextlib.contextmanager
def prepared(latency_ms: int = LATENCY_MS) -> Iterator[Ground]:
    """Have servers and a provider of our own run for the body."""
    for variable in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(variable, None)  # a server that others use would be measured with their work
    private_pem, public_pem = new_key()
    port = free_port()
    with servers.private_folder(fast=False) as (folder, addresses), tempfile.TemporaryDirectory() as kept:
        key = Path(kept) / "channel.pem"
        state.write_private(key, private_pem)
        provider = Processes({"provider": f"{sys.executable} -m bench.provider {port} {latency_ms} {key}"})
        with provider.started({**os.environ, "PYTHONPATH": str(state.ROOT)}):
            yield Ground(
                folder=folder,
                addresses=addresses,
                provider_url=f"http://127.0.0.1:{port}",
                private_pem=private_pem,
                public_pem=public_pem,
            )


@contextlib.contextmanager
def serving(sides: list[Side]) -> Iterator[Callable[[Side], int]]:
    """Have the sides served for the body; give what tells the process number of a side's server."""
    with contextlib.ExitStack() as stack:
        pids: dict[str, int] = {}
        for side in sides:
            # The revision's own folder comes first; the floor and the switches are found in this checkout.
            path = os.pathsep.join([str(side.folder), str(state.ROOT)])
            log = state.base() / f"bench-{side.name}.log"
            processes = Processes({side.name: f"sh -c 'cd {side.folder} && exec {side.command} > {log} 2>&1'"})
            stack.enter_context(processes.started({**side.environment, "PYTHONPATH": path}))
            pids[side.name] = processes.pid(side.name)
        for side in sides:
            if not wait_until(lambda port=side.port: _answers(port), timeout_s=60, every_s=0.1):  # type: ignore[misc]
                raise RuntimeError(f"{side.name} does not answer.")
        yield lambda side: pids[side.name]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except OSError:
        return False
    else:
        return True
    finally:
        connection.close()


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

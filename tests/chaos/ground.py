"""The ground of a chaos run: servers and programs of its own, struck, stood up again, and healed."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis

from dev import postgres, server, servers, state, valkey
from dev.processes import Processes, read_procfile
from dev.server import Kind
from dev.waiting import wait_until
from tests.chaos.nemesis import FAULTS, Strike
from tests.stack import environment_of, is_up, prepare

_KINDS: dict[str, Kind] = {"PostgreSQL": postgres, "Valkey": valkey}
_SECRETS = {
    "SECRET_KEY": "only-for-chaos-" + "0" * 40,
    "PAYHUB_VAULT_KEYS": "b25seS1mb3ItdGVzdHMtb25seS1mb3ItdGVzdHMtMDA=",
    "PAYHUB_DEMO": "1",
    "ALLOWED_HOSTS": "127.0.0.1",
    "COUNTER_CLICKS_BY_ADDRESS": "1000000",  # all shoppers have one address
    "COUNTER_CLICKS_BY_PAYMENT": "1000",
}


@dataclass
class Ground:
    """Everything that runs, and its addresses."""

    folder: Path
    environment: Mapping[str, str]
    programs: Processes
    revived: int = 0
    _stopped: dict[str, float] = field(default_factory=dict)  # whom: until when
    _client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=10))  # noqa: TID251 - the test's

    @property
    def web(self) -> str:
        """The address of payhub's pages."""
        return self.environment["PAYHUB_BASE_URL"]

    @property
    def sandbox(self) -> str:
        """The address of the channels."""
        return self.environment["PAYHUB_SANDBOX_URL"]

    def ask_sandbox(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call the sandbox's control API; the sandbox is a witness and is never struck."""
        address = f"{self.sandbox}/_sandbox/api{path}"
        answer = self._client.request(method, address, json=body)
        answer.raise_for_status()
        return answer.json()

    def look(self, sql: str) -> list[tuple[Any, ...]]:
        """Read payhub's database."""
        with psycopg.connect(self.environment["DATABASE_URL"], connect_timeout=5) as connection:
            return connection.execute(sql.encode()).fetchall()

    # -- striking ------------------------------------------------------------------------------------------------

    def strike(self, blow: Strike, now_s: float) -> None:
        """Deal one blow."""
        if blow.how == "kill_server":
            self._go_on(blow.whom)
            server.kill(_KINDS[blow.whom], self.folder)
        elif blow.how == "stop":
            self._stopped[blow.whom] = now_s + blow.for_s
            self._signal(blow.whom, signal.SIGSTOP)
        elif blow.how in {"kill", "behead"}:
            self.programs.strike(blow.whom, signal.SIGKILL, whole=blow.how == "kill")
        elif blow.how == "flush":
            with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self.environment["REDIS_URL"]) as client:
                client.flushall()
        elif blow.how == "terminate":
            self._terminate()
        else:
            self.ask_sandbox("POST", "/faults", FAULTS[blow.fault])

    def tend(self, now_s: float) -> None:
        """Do what an init system does: start again what is down, and let go on what has stood still for long enough."""
        for whom in [whom for whom, until in self._stopped.items() if now_s >= until]:
            self._go_on(whom)
        for kind in _KINDS.values():
            if server.recall(kind, self.folder) is None:
                server.start_again(kind, self.folder, fast=False)
                self.revived += 1
        self.revived += len(self.programs.revive())

    def heal(self) -> None:
        """Let nothing go wrong any more: everybody goes on, the workers begin anew, nobody's lease is waited for."""
        self.let_go_on()
        self.ask_sandbox("DELETE", "/faults")
        for worker in ("worker1", "worker2"):
            self.programs.strike(worker, signal.SIGKILL)
        assert wait_until(self._is_healed, timeout_s=60, every_s=0.2), "payhub does not come up again"
        # Whoever held a claim is dead: what would come when its lease is over may come now.
        with psycopg.connect(self.environment["DATABASE_URL"]) as connection:
            connection.execute("UPDATE cashier_pendingquery SET next_at = LEAST(next_at, now())")
            connection.execute("UPDATE outbox_delivery SET next_at = LEAST(next_at, now()) WHERE state = 'PENDING'")

    def let_go_on(self) -> None:
        """Let everybody go on who stands still."""
        for whom in list(self._stopped):
            self._go_on(whom)

    def _is_healed(self) -> bool:
        self.tend(0.0)
        return is_up(self.environment)

    def _signal(self, whom: str, number: signal.Signals) -> None:
        if whom not in _KINDS:
            self.programs.strike(whom, number)
        elif running := server.recall(_KINDS[whom], self.folder):
            os.kill(running.pid, number)

    def _go_on(self, whom: str) -> None:
        if self._stopped.pop(whom, None) is not None:
            self._signal(whom, signal.SIGCONT)

    def _terminate(self) -> None:
        with contextlib.suppress(psycopg.Error):
            self.look(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[Ground]:
    """Have everything run for the body; the folder takes the journals, the sandbox's books and the programs' logs."""
    with servers.private_folder(fast=False) as (data, addresses):
        environment = {
            **environment_of(
                folder,
                database_url=addresses["DATABASE_URL"],
                redis_url=addresses["REDIS_URL"],
                settings="tests.chaos.settings",
            ),
            **_SECRETS,
            "CHAOS_MERCHANT_JOURNAL": str(folder / "merchant.jsonl"),
        }
        prepare(folder, environment)
        with (folder / "programs.log").open("w") as log:
            programs = Processes(_commands(), log)
            with programs.started(environment):
                assert wait_until(lambda: is_up(environment), timeout_s=60, every_s=0.2), "payhub does not come up"
                ground = Ground(data, environment, programs)
                ground.ask_sandbox("POST", "/settings", {"wechat_refund_settle_s": 2})
                try:
                    yield ground
                finally:
                    ground.let_go_on()  # what stands still cannot be ended in good order


def _commands() -> dict[str, str]:
    """Return the demo's process file with two workers and two beats."""
    known = read_procfile(state.ROOT / "dev" / "Procfile")
    twice = {f"{name}{number}": known[name] for number in (1, 2) for name in ("worker", "beat")}
    return {"web": known["web"], **twice, "sandbox": f"{known['sandbox']} --time-factor 20"}

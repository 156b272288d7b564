"""What it takes to start payhub's real processes for a test: their environment, a seeded database, a look whether they answer."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from dev import state

_client = httpx.Client(trust_env=False, timeout=10)  # noqa: TID251 - the test's own client, not payhub's


def environment_of(folder: Path, *, database_url: str, redis_url: str, settings: str) -> dict[str, str]:
    """Return the environment of processes on free ports, whose sandbox keeps its books in the folder."""
    ports = {"PORT": str(_free_port()), "SANDBOX_PORT": str(_free_port())}
    web, sandbox = (f"http://127.0.0.1:{port}" for port in ports.values())
    return {
        **os.environ,
        **ports,
        "DJANGO_SETTINGS_MODULE": settings,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PAYHUB_BASE_URL": web,
        "PAYHUB_SANDBOX_URL": sandbox,
        "SANDBOX_DATA": str(state.make_private(folder / "sandbox")),
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def prepare(folder: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Issue the sandbox's accounts, make the tables and the demo's shop; return its users' passwords by name."""
    accounts = folder / "accounts.json"
    sandbox = ("--data", environment["SANDBOX_DATA"], "--url", environment["PAYHUB_SANDBOX_URL"])
    accounts.write_text(run(environment, "-m", "sandbox", "issue", *sandbox))
    run(environment, "manage.py", "migrate", "--noinput")
    seeded = run(environment, "manage.py", "seed_demo", "--accounts", str(accounts))
    return {user["name"]: user["password"] for user in json.loads(seeded.splitlines()[-1])["users"]}


def run(environment: Mapping[str, str], *arguments: str) -> str:
    """Run Python with arguments to a good end and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=state.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def is_up(environment: Mapping[str, str]) -> bool:
    """Tell whether the shop and the sandbox answer."""
    return _answers(environment["PAYHUB_BASE_URL"] + "/shop/") and _answers(
        environment["PAYHUB_SANDBOX_URL"] + "/_sandbox/"
    )


def _answers(url: str) -> bool:
    try:
        return _client.get(url).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

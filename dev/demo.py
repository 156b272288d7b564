"""The demo: payhub, its worker and scheduler, and the channel sandbox, with a shop, a merchant and users to try.

python -m dev.demo up             start everything, until Ctrl-C
python -m dev.demo run -- CMD     run a command against the demo's database, whether the demo is up or not
python -m dev.demo reset          delete the demo's data

PORT (8000) and SANDBOX_PORT (8001) choose other ports; DATABASE_URL and REDIS_URL other servers.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import secrets  # noqa: TID251 - dev/ stands outside payhub
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from math import inf
from pathlib import Path

from dev import servers, state
from dev.processes import Processes, read_procfile
from dev.signals import EndSignals
from dev.trouble import Trouble, run_as_program
from dev.waiting import wait_until

_UP_WITHIN_S = 60.0
_PORTS = {"PORT": 8000, "SANDBOX_PORT": 8001}
_ACCOUNTS = "sandbox-accounts.json"
_IN_USE = "the demo is in use: end it first with Ctrl-C, and leave its shells."


def up() -> int:
    """Run the demo until it is asked to end, and return 0. Raises Trouble."""
    signals = EndSignals()
    folder = servers.demo_folder()
    with state.locked_at_once(folder / "demo.lock") as alone:
        if not alone:
            raise Trouble("the demo of this checkout is up already: use it, or end it first with Ctrl-C.")
        ports = _free_ports()
        with servers.using(folder) as addresses:
            environment = _environment(folder, ports, addresses)
            _prepare(folder, environment, signals)
            if not signals:
                _serve(folder, environment, ports, signals)
    return 0


def run(command: Sequence[str]) -> int:
    """Run a command with the demo's servers and environment, and return its exit code."""
    signals = EndSignals()
    folder = servers.demo_folder()
    with servers.using(folder) as addresses:
        return servers.run_child(command, _environment(folder, _ports(), addresses), signals)


def reset() -> int:
    """Delete the demo's data after asking (YES=1: without), and return 0. Raises Trouble."""
    if os.environ.get("DATABASE_URL"):
        raise Trouble("DATABASE_URL is set, and only you can empty your own database: unset it to delete the demo's.")
    folder = servers.demo_folder()
    with state.locked_at_once(folder / "demo.lock") as alone, state.locked_at_once(folder / "users") as unused:
        if not (alone and unused):
            raise Trouble(_IN_USE)
        if os.environ.get("YES") != "1" and not _agreed(f"Delete the demo's data in {folder}? [y/N] "):
            print("Nothing was deleted.")
            return 0
        servers.stop(folder)
        shutil.rmtree(folder)
    print("The demo's data are deleted.")
    return 0


def _agreed(question: str) -> bool:
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        print()
        raise Trouble("nobody is there to ask: say `make reset YES=1` to delete the demo's data.") from None


def _ports() -> dict[str, int]:
    ports = {}
    for variable, default in _PORTS.items():
        given = os.environ.get(variable) or str(default)
        if not given.isdecimal() or not 0 < int(given) < 65536:
            raise Trouble(f"{variable} is {given!r}, which is no port: give a number from 1 to 65535.")
        ports[variable] = int(given)
    if ports["PORT"] == ports["SANDBOX_PORT"]:
        raise Trouble("PORT and SANDBOX_PORT are the same: give two different numbers.")
    return ports


def _free_ports() -> dict[str, int]:
    ports = _ports()
    for variable, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that is fading away is no user
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise Trouble(
                    f"port {port} cannot be used ({error.strerror}): "
                    f"end the program that uses it, or choose another, e.g. `make demo {variable}={port + 10}`."
                ) from error
    return ports


def _environment(folder: Path, ports: Mapping[str, int], addresses: Mapping[str, str]) -> dict[str, str]:
    return {
        **os.environ,
        **addresses,
        **_secrets(folder),
        **{variable: str(port) for variable, port in ports.items()},
        "DJANGO_SETTINGS_MODULE": "payhub.settings",
        "PAYHUB_DEMO": "1",
        "PAYHUB_BASE_URL": f"http://127.0.0.1:{ports['PORT']}",
        "PAYHUB_SANDBOX_URL": _sandbox_url(ports),
        "PAY_AGAIN_AFTER_S": "20",  # nobody on a tour waits for a minute
        "SANDBOX_DATA": str(folder / "sandbox"),
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }


def _sandbox_url(ports: Mapping[str, int]) -> str:
    return f"http://127.0.0.1:{ports['SANDBOX_PORT']}"


def _secrets(folder: Path) -> dict[str, str]:
    file = folder / "secrets.json"
    if not file.exists():
        vault_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
        made = {"SECRET_KEY": secrets.token_urlsafe(50), "PAYHUB_VAULT_KEYS": vault_key}
        state.write_private(file, json.dumps(made))
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def _prepare(folder: Path, environment: Mapping[str, str], signals: EndSignals) -> None:
    """Issue the sandbox's accounts and bring the database's tables up to date. Raises Trouble."""
    data = state.make_private(folder / "sandbox")
    issue = ["-m", "sandbox", "issue", "--data", str(data), "--url", environment["PAYHUB_SANDBOX_URL"]]
    _step(issue, folder / _ACCOUNTS, environment, signals)
    _step(["manage.py", "migrate", "--noinput"], folder / "migrate.out", environment, signals)


def _seed(folder: Path, environment: Mapping[str, str], signals: EndSignals) -> list[dict[str, str]]:
    """Make the demo's shop and return its users. Raises Trouble."""
    output = folder / "seed.out"
    _step(["manage.py", "seed_demo", "--accounts", str(folder / _ACCOUNTS)], output, environment, signals)
    if signals:
        return []
    users: list[dict[str, str]] = json.loads(output.read_text().splitlines()[-1])["users"]
    return users


def _step(arguments: Sequence[str], output: Path, environment: Mapping[str, str], signals: EndSignals) -> None:
    if signals:
        return
    with state.open_private(output) as out:
        code = servers.run_child([sys.executable, *arguments], environment, signals, stdout=out, end_by=signal.SIGTERM)
    if code and not signals:
        raise Trouble(
            f"`python {' '.join(arguments)}` failed: mend what it says above, or start afresh with `make reset demo`."
        )


def _serve(folder: Path, environment: Mapping[str, str], ports: Mapping[str, int], signals: EndSignals) -> None:
    processes = Processes(read_procfile(state.ROOT / "dev" / "Procfile"))
    pages = [(ports["PORT"], "/shop/"), (ports["SANDBOX_PORT"], "/_sandbox/")]

    def interrupted() -> bool:
        return bool(signals) or processes.ended() is not None

    with processes.started(environment):
        users = _seed(folder, environment, signals)  # beside the programs' own start, which takes as long
        came_up = wait_until(
            lambda: interrupted() or all(_answers(*page) for page in pages), timeout_s=_UP_WITHIN_S, every_s=0.1
        )
        if came_up and not interrupted():
            print(_welcome(ports, users), flush=True)
            wait_until(interrupted, timeout_s=inf, every_s=0.2)
        ended = processes.ended()
    if not signals:
        raise Trouble(f"{ended or 'the demo does not answer'}: see the messages above.")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _welcome(ports: Mapping[str, int], users: Sequence[Mapping[str, str]]) -> str:
    web = f"http://127.0.0.1:{ports['PORT']}"
    addresses = {
        "the shop": f"{web}/shop/",
        "ten ways to lose money": f"{web}/demo/tour/",
        "for merchants": f"{web}/m/",
        "back office": f"{web}/admin/",
        "the channels (sandbox)": f"{_sandbox_url(ports)}/_sandbox/",
    }
    width = max((len(user["name"]) for user in users), default=0)
    secret = max((len(user["password"]) for user in users), default=0)
    lines = [
        "=" * 78,
        "payhub's demo is up. Ctrl-C ends it; its data stay (`make reset` deletes them).",
        "",
        *(f"  {name:<24}{address}" for name, address in addresses.items()),
        "",
        "  sign in as (name, password):",
        *(f"  {user['name']:<{width}}  {user['password']:<{secret}}  {user['what']}" for user in users),
        "=" * 78,
    ]
    return "\n" + "\n".join(lines) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit code. Raises Trouble."""
    parser = argparse.ArgumentParser(
        prog="python -m dev.demo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up")
    verbs.add_parser("reset")
    verbs.add_parser("run").add_argument("command", nargs="+")
    asked = parser.parse_args(arguments)
    os.chdir(state.ROOT)
    if asked.verb == "run":
        return run(asked.command)
    return reset() if asked.verb == "reset" else up()


if __name__ == "__main__":
    run_as_program(main)

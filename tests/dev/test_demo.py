"""The demo: what it asks for before it starts, and that it leaves nothing behind."""

from __future__ import annotations

import http.client
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from dev import state
from tests.dev.conftest import Place, in_one_sentence


def _free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@contextmanager
def _use_of_the_demo(place: Place) -> Iterator[None]:
    folder = place.folder / "demo"
    folder.mkdir()
    with state.locked(folder / "demo.lock"):
        yield


@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_port_in_use_is_told_in_one_sentence(place: Place, taken_port: int, variable: str) -> None:
    ports = {"PORT": _free_port(), "SANDBOX_PORT": _free_port(), variable: str(taken_port)}

    sentence = in_one_sentence(place.call("demo", "up", **ports))

    assert f"port {taken_port}" in sentence
    assert f"make demo {variable}=" in sentence
    assert place.processes() == []


@pytest.mark.parametrize("value", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_told_in_one_sentence(place: Place, value: str) -> None:
    assert f"PORT is {value!r}" in in_one_sentence(place.call("demo", "up", PORT=value))


def test_a_second_demo_is_told_in_one_sentence(place: Place) -> None:
    with _use_of_the_demo(place):
        assert "up already" in in_one_sentence(place.call("demo", "up"))


def test_a_database_that_does_not_answer_is_told_in_one_sentence(place: Place) -> None:
    ports = {"PORT": _free_port(), "SANDBOX_PORT": _free_port()}

    done = place.call("demo", "up", DATABASE_URL="postgresql://payhub@127.0.0.1:1/payhub", **ports)

    assert "DATABASE_URL" in in_one_sentence(done)


def test_reset_deletes_the_demos_data_and_stops_its_servers(place: Place) -> None:
    place.call("servers", "start")

    assert place.call("demo", "reset", YES="1").returncode == 0

    assert not (place.folder / "demo").exists()
    assert place.processes() == []


def test_reset_asks_first(place: Place) -> None:
    place.call("servers", "start")

    assert "YES=1" in in_one_sentence(place.call("demo", "reset"))

    assert (place.folder / "demo" / "postgresql-data").exists()


def test_reset_leaves_a_demo_in_use_alone(place: Place) -> None:
    with _use_of_the_demo(place):
        assert "in use" in in_one_sentence(place.call("demo", "reset", YES="1"))


def test_reset_leaves_a_database_of_ones_own_alone(place: Place) -> None:
    done = place.call("demo", "reset", YES="1", DATABASE_URL="postgresql://payhub@127.0.0.1:1/payhub")

    assert "DATABASE_URL" in in_one_sentence(done)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_demo_comes_up_and_leaves_no_process_when_it_is_ended(place: Place, number: signal.Signals) -> None:
    ports = {"PORT": _free_port(), "SANDBOX_PORT": _free_port()}
    with place.background("demo", "up", **ports) as demo:
        assert demo.stdout is not None
        said = []
        for line in demo.stdout:
            said.append(line)
            if line.startswith("===") and len([1 for earlier in said if earlier.startswith("===")]) == 2:
                break
        assert f"http://127.0.0.1:{ports['PORT']}/shop/" in "".join(said)
        connection = http.client.HTTPConnection("127.0.0.1", int(ports["PORT"]))
        connection.request("GET", "/shop/")
        assert connection.getresponse().status == 200
        connection.close()

        servers = place.servers()
        os.killpg(demo.pid, number)

        assert demo.wait(timeout=60) == 0
    assert place.processes() == []
    assert not any(psutil.pid_exists(server) for server in servers)

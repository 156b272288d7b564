"""The outgoing client against a real server: what it refuses, how long it waits, what it tells the log."""

from __future__ import annotations

import gzip
import logging
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

import httpx
import pytest

from payhub import http
from payhub.db import OpenTransaction, committed
from payhub.http import OutgoingHttp, outgoing

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A server that answers as the test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: list[bytes] = []
        self.answer: Answer = plain(b"hello")
        self.over = threading.Event()  # a handler that hangs waits for this
        seen = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # the name that http.server asks for
                seen.asked.append(self.path)
                seen.bodies.append(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                seen.answer(self)

            def do_GET(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def hang(self, _: BaseHTTPRequestHandler) -> None:
        """Answer nothing until the test is over."""
        self.over.wait(20)

    def close(self) -> None:
        """Let go of every handler and end."""
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def plain(body: bytes, status: int = 200, headers: Mapping[str, str] = MappingProxyType({})) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.fixture
def server() -> Iterator[Server]:
    """The other side."""
    it = Server()
    yield it
    it.close()


@pytest.fixture
def client() -> Iterator[OutgoingHttp]:
    """The client under test."""
    it = OutgoingHttp()
    yield it
    it._client.close()


def test_an_answer_comes_back_as_it_was_sent(server: Server, client: OutgoingHttp) -> None:
    server.answer = plain(b'{"code": "OK"}', 201, {"X-Signature": "abc"})
    got = client.send("POST", f"{server.url}/pay?sign=1", headers={"X-Id": "7"}, content=b"body", timeout_s=5)
    assert (got.status_code, got.json(), got.headers["x-signature"]) == (201, {"code": "OK"}, "abc")
    assert (server.asked, server.bodies) == (["/pay?sign=1"], [b"body"])


def test_a_compressed_answer_is_read(server: Server, client: OutgoingHttp) -> None:
    server.answer = plain(gzip.compress(b"bill"), headers={"Content-Encoding": "gzip"})
    assert client.send("GET", server.url, headers={}, timeout_s=5).content == b"bill"


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_an_error_of_the_other_side_is_an_answer(server: Server, client: OutgoingHttp, status: int) -> None:
    server.answer = plain(b"sorry", status)
    assert client.send("GET", server.url, headers={}, timeout_s=5).status_code == status


@pytest.mark.django_db
def test_nothing_is_sent_inside_a_transaction(server: Server, client: OutgoingHttp) -> None:
    with pytest.raises(OpenTransaction, match="commit the intent first"), committed():
        client.send("GET", server.url, headers={}, timeout_s=5)
    assert server.asked == []
    client.send("GET", server.url, headers={}, timeout_s=5)
    assert server.asked == ["/"]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(server: Server, client: OutgoingHttp, status: int) -> None:
    server.answer = plain(b"", status, {"Location": f"{server.url}/elsewhere"})
    got = client.send("POST", f"{server.url}/pay", headers={}, content=b"signed", timeout_s=5)
    assert got.status_code == status
    assert server.asked == ["/pay"]


def test_a_silent_server_is_not_waited_for_longer_than_said(server: Server, client: OutgoingHttp) -> None:
    server.answer = server.hang
    with pytest.raises(httpx.ReadTimeout):
        client.send("GET", server.url, headers={}, timeout_s=0.2)


def test_a_body_that_drips_in_is_not_waited_for_longer_than_said(server: Server, client: OutgoingHttp) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not server.over.wait(0.05):
            handler.wfile.write(b".")

    server.answer = drip
    with pytest.raises(httpx.ReadTimeout):
        client.send("GET", server.url, headers={}, timeout_s=0.3)


def test_a_body_without_end_is_cut_off(server: Server, client: OutgoingHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1_000)
    server.answer = plain(b"x" * 1_000)
    assert len(client.send("GET", server.url, headers={}, timeout_s=5).content) == 1_000
    for body, headers in ((b"x" * 1_001, {}), (gzip.compress(b"x" * 1_000_000), {"Content-Encoding": "gzip"})):
        server.answer = plain(body, headers=headers)
        with pytest.raises(httpx.HTTPError):
            client.send("GET", server.url, headers={}, timeout_s=5)


def test_a_cut_connection_and_a_closed_port_are_no_answer(server: Server, client: OutgoingHttp) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    server.answer = cut
    with pytest.raises(httpx.HTTPError):
        client.send("GET", server.url, headers={}, timeout_s=5)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = unused.getsockname()[1]
        with pytest.raises(httpx.HTTPError):
            client.send("GET", f"http://127.0.0.1:{port}", headers={}, timeout_s=5)


def test_a_proxy_of_the_environment_does_not_see_money_calls(
    server: Server, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    client: OutgoingHttp = request.getfixturevalue("client")
    assert client.send("GET", server.url, headers={}, timeout_s=5).content == b"hello"


@pytest.mark.parametrize("answered", [True, False])
def test_the_log_tells_where_and_what_and_no_secret(
    server: Server, client: OutgoingHttp, caplog: pytest.LogCaptureFixture, *, answered: bool
) -> None:
    server.answer = plain(b"SECRET-ANSWER") if answered else server.hang
    with caplog.at_level(logging.DEBUG, logger="payhub.http"):
        try:
            client.send(
                "POST",
                f"{server.url}/v3/pay?sign=SECRET-QUERY",
                headers={"Authorization": "SECRET-HEADER"},
                content=b"SECRET-BODY",
                timeout_s=0.3,
            )
        except httpx.HTTPError:
            assert not answered
    ours = [record.getMessage() for record in caplog.records if record.name == "payhub.http"]
    assert len(ours) == 1
    assert "/v3/pay: 200" in ours[0] if answered else "/v3/pay: no answer (ReadTimeout)" in ours[0]
    assert "SECRET" not in "".join(ours)


def test_a_process_has_one_client() -> None:
    assert outgoing() is outgoing()

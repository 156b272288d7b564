"""Addresses that other people chose: none of them leads into our own network, whatever it says and however DNS answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpcore
import pytest

from payhub.guarded_http import MAX_BODY_BYTES, Guard, GuardedHttp, Refused, is_public

PUBLIC = "93.184.216.34"
# What the resolver says of names; a name that is not here is public, so that only the guard's reading can refuse it.
NAMES = {
    "intranet.example.com": ["10.0.0.5"],
    "metadata.example.com": ["169.254.169.254"],
    "half.example.com": [PUBLIC, "192.168.1.1"],
    "half6.example.com": [PUBLIC, "fd00::1"],
    "loop6.example.com": ["::1"],
    "mapped.example.com": ["::ffff:10.0.0.1"],
    "nat64.example.com": ["64:ff9b::a00:1"],
    "sixtofour.example.com": ["2002:a00:1::1"],
    "teredo.example.com": ["2001:0:a00:1::1"],
    "cgnat.example.com": ["100.64.0.1"],
    "zero.example.com": ["0.0.0.0"],  # noqa: S104 - nothing is bound
    "broadcast.example.com": ["255.255.255.255"],
    "multicast.example.com": ["224.0.0.1"],
    "multicast6.example.com": ["ff02::1"],
    "reserved.example.com": ["240.0.0.1"],
    "test-net.example.com": ["192.0.2.1"],
    "benchmark.example.com": ["198.18.0.1"],
    "link6.example.com": ["fe80::1"],
    "scoped.example.com": ["fe80::1%eth0"],
    "site6.example.com": ["fec0::1"],
    "document6.example.com": ["2001:db8::1"],
    "unspecified6.example.com": ["::"],
    "compatible.example.com": ["::10.0.0.1"],
    "nowhere.example.com": [],
}
HOSTILE = [
    *("http://shop.example.com/", "file:///etc/passwd", "gopher://shop.example.com/", "ftp://shop.example.com/"),
    *("javascript:alert(1)", "data:text/html,x", "//shop.example.com/", "https:shop.example.com", "https:///x", ""),
    *("https://localhost/", "https://localhost./", "https://LOCALHOST/", "https://127.0.0.1/", "https://127.1/"),
    *("https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://017700000001/"),
    *("https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[::]/", "https://[fe80::1%25eth0]/", "https://0/"),
    *("https://169.254.169.254/latest/meta-data/", "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.0.1/"),
    *("https://100.64.0.1/", f"https://{PUBLIC}/", "https://[2606:2800:220:1::1]/", "https://1.1.1.1:443/"),
    *("https://shop.example.com:22/", "https://shop.example.com:6379/", "https://shop.example.com:5432/"),
    *("https://shop.example.com:80/", "https://shop.example.com:0/", "https://shop.example.com:99999/"),
    *("https://shop.example.com:/", "https://shop.example.com:x/", "https://shop.example.com:443:443/"),
    *("https://user@shop.example.com/", "https://user:pw@shop.example.com/", "https://shop.example.com@10.0.0.1/"),
    *("https://10.0.0.1#@shop.example.com/", "https://shop.example.com#x", "https://shop.example.com\\@10.0.0.1/"),
    *("https://shop.example.com./", "https://.example.com/", "https://shop..example.com/", "https://-x.example.com/"),
    *("https://\uff53hop.example.com/", "https://\u24db\u24de\u24d2\u24d0\u24db/", "https://b\u00fccher.example.com/"),
    *("https://127\u30020\u30020\u30021/", "https://shop.example.com/\u00e4", "https://shop.example.com/a b"),
    *("https://shop.example.com/\r\nHost: 10.0.0.1", "https://shop.example.com/\x00", "https://sh\top.example.com/"),
    *(" https://shop.example.com/", "https://shop.example.com/ ", "https://shop_1.example.com/", "https://intranet/"),
    *("https://%31%30.0.0.1/", "https://shop.example.com%2f@10.0.0.1/", "https://example.com.1/", "https://a.0x7f/"),
    "https://shop.example.com/" + "x" * 500,
    *(f"https://{name}/hook" for name in NAMES),
]


def known(host: str, port: int) -> list[str]:
    return NAMES.get(host, [PUBLIC])


def test_there_are_enough_hostile_addresses() -> None:
    assert len(set(HOSTILE)) == len(HOSTILE) >= 60


@pytest.mark.parametrize("url", HOSTILE)
def test_a_hostile_address_is_refused_at_save_and_at_send(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[str] = []
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda _, host, *rest: connected.append(host))
    guard = Guard(resolver=known)
    with pytest.raises(Refused):
        guard.check(url)
    with pytest.raises(Refused):
        GuardedHttp(guard).post(url, headers={}, content=b"", timeout_s=1)
    assert connected == []


@pytest.mark.parametrize(
    "url",
    ["https://shop.example.com/", "https://shop.example.com:443/hook?a=1", "https://xn--bcher-kva.example.com/x"],
)
def test_an_honest_address_is_not_refused(url: str) -> None:
    Guard(resolver=known).check(url)


def test_a_resolver_that_fails_refuses() -> None:
    def away(host: str, port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(Refused):
        Guard(resolver=away).check("https://shop.example.com/")


class Wire(httpcore.NetworkStream):
    """Keeps what TLS was asked for, and ends."""

    def __init__(self, names: list[str | None]) -> None:
        self.names = names

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        self.names.append(server_hostname)
        raise httpcore.ConnectError("the end of the wire")

    def close(self) -> None:
        """There is nothing."""


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str | None]]:
    """Which addresses were connected to, and which names TLS was asked for."""
    addresses: list[str] = []
    names: list[str | None] = []

    def connect(_: Any, host: str, *rest: Any) -> Wire:
        addresses.append(host)
        return Wire(names)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect)
    return addresses, names


def changing(*answers: list[str]) -> tuple[Callable[[str, int], list[str]], list[int]]:
    """A name that resolves differently every time, and how often it was asked for."""
    asked: list[int] = []

    def answer(host: str, port: int) -> list[str]:
        asked.append(port)
        return answers[min(len(asked), len(answers)) - 1]

    return answer, asked


def test_the_connection_goes_to_the_address_that_was_checked(dialled: tuple[list[str], list[str | None]]) -> None:
    resolver, asked = changing([PUBLIC], ["10.0.0.1"])
    with pytest.raises(OSError, match="the end of the wire"):
        GuardedHttp(Guard(resolver=resolver)).post("https://shop.example.com/", headers={}, content=b"", timeout_s=1)
    assert dialled == ([PUBLIC], ["shop.example.com"])
    assert asked == [443]


def test_a_name_that_was_good_at_save_and_is_bad_at_send_is_refused(
    dialled: tuple[list[str], list[str | None]],
) -> None:
    resolver, _ = changing([PUBLIC], ["127.0.0.1"])
    guard = Guard(resolver=resolver)
    guard.check("https://shop.example.com/")
    with pytest.raises(Refused):
        GuardedHttp(guard).post("https://shop.example.com/", headers={}, content=b"", timeout_s=1)
    assert dialled == ([], [])


@pytest.mark.parametrize("address", ["8.8.8.8", PUBLIC, "2606:2800:220:1:248:1893:25c8:1946"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "127.0.0.1", "::1", "fe80::1%1", "nonsense", "::ffff:8.8.8.8"])
def test_others_are_not(address: str) -> None:
    assert not is_public(address)


class Receiver(BaseHTTPRequestHandler):
    """Answers as its path says."""

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/drips":
            self.send_response(200)
            self.end_headers()
            try:
                while not self.server.over.wait(0.05):  # type: ignore[attr-defined]
                    self.wfile.write(b"x")
            except OSError:
                pass
            return
        status, body = {"/large": (200, b"x" * (MAX_BODY_BYTES * 4)), "/moved": (302, b"")}.get(self.path, (200, b"ok"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:1/inside")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[str]:
    """A receiver on this machine, which only the demo's guard lets through."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.over = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.over.set()  # type: ignore[attr-defined]
    server.shutdown()
    thread.join()
    server.server_close()


def post(url: str, timeout_s: float = 5) -> Any:
    return GuardedHttp(Guard(loopback=True)).post(url, headers={"X-A": "b"}, content=b"{}", timeout_s=timeout_s)


@pytest.mark.django_db
def test_an_answer_is_read_and_a_redirect_is_not_followed(receiver: str) -> None:
    assert post(f"{receiver}/").body == b"ok"
    assert post(f"{receiver}/moved").status == 302


@pytest.mark.django_db
def test_a_large_answer_is_cut_and_a_dripping_one_ended(receiver: str) -> None:
    assert len(post(f"{receiver}/large").body) == MAX_BODY_BYTES
    with pytest.raises(OSError, match="too long"):
        post(f"{receiver}/drips", timeout_s=0.3)


def test_this_machine_is_called_in_the_demo_only(receiver: str) -> None:
    with pytest.raises(Refused):
        GuardedHttp(Guard()).post(f"{receiver}/", headers={}, content=b"", timeout_s=1)
    with pytest.raises(Refused):
        Guard(loopback=True, resolver=known).check("http://shop.example.com/")

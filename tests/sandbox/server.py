"""A real sandbox process, a merchant's server that notes what is posted to it, and waiting for a condition."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

import httpx

TIME_FACTOR = 100
ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")


def wait_for(found: Callable[[], T], timeout_s: float = 30.0) -> T:
    """This function will ask again until the answer is true, and give it; fail after timeout_s."""
    deadline = time.monotonic() + timeout_s
    while not (answer := found()):
        assert time.monotonic() < deadline, f"still {answer!r} after {timeout_s} s"
        time.sleep(0.02)
    return answer


@dataclass
class Sandbox:
    """A running sandbox: its accounts, and its control API."""

    base_url: str
    accounts: dict[str, dict[str, str]]
    data: Path
    http: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        """This function will ask the control API."""
        answer = self.http.get(f"/_sandbox/api{path}", params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        """This function will tell the control API to do something."""
        answer = self.http.post(f"/_sandbox/api{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def pay(self, channel: str, number: str, **body: Any) -> Any:
        """This function will pay a trade as a person would."""
        return self.post(f"/trades/{channel}/{number}/pay", **body)

    def arm(self, kind: str, **spec: Any) -> None:
        """This function will arm a fault."""
        self.post("/faults", kind=kind, **spec)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def issue(data: Path, base_url: str) -> dict[str, dict[str, str]]:
    """This function will issue accounts as a developer does, by the command line."""
    command = [sys.executable, "-m", "sandbox", "issue", "--data", str(data), "--url", base_url]
    issued = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    accounts: dict[str, dict[str, str]] = json.loads(issued.stdout)
    return accounts


@contextmanager
def running(data: Path) -> Iterator[Sandbox]:
    """This function will start the real application under granian and stop it afterwards."""
    port = _free_port()
    base_url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--data", str(data),
               "--seed", "1", "--time-factor", str(TIME_FACTOR)]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with httpx.Client(base_url=base_url, timeout=30, trust_env=False) as client:
            wait_for(lambda: _answers(client), 30)
            accounts = json.loads((data / "accounts.json").read_text())
            yield Sandbox(base_url=base_url, accounts=accounts, data=data, http=client)
    finally:
        process.terminate()
        process.wait(15)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/_sandbox/api/health").status_code == 200
    except httpx.TransportError:
        return False


@dataclass
class Posted:
    """One notification as it arrived. Header names are lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)


@dataclass
class Merchant:
    """A merchant's notification address. It answers what `answers` says, one after the other, the last one always."""

    url: str = ""
    posted: list[Posted] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b"success")])

    def wait(self, count: int = 1) -> list[Posted]:
        """This function will wait until so many notifications have come."""
        wait_for(lambda: len(self.posted) >= count)
        return self.posted


@contextmanager
def listening() -> Iterator[Merchant]:
    """This function will run a merchant's server on a free port."""
    merchant = Merchant()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer = merchant.answers.pop(0) if len(merchant.answers) > 1 else merchant.answers[0]
            merchant.posted.append(Posted(path=self.path, headers=headers, body=body))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """This function will keep the test's output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    merchant.url = f"http://127.0.0.1:{server.server_address[1]}/notify"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield merchant
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

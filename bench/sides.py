"""What is measured in turn: payhub (of any revision, whole or without one of its safety features) and the floor."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode

from bench.meter import Database
from bench.wechat import AMOUNT_MINOR, paid_notification
from dev import state

GRANIAN = "granian --interface wsgi {} --host 127.0.0.1 --port {} --workers 2 --blocking-threads 4 --log-level error"
_TOKEN_OF_FORMS = "b" * 32
_FORM = {"Cookie": f"__Host-csrftoken={_TOKEN_OF_FORMS}", "Content-Type": "application/x-www-form-urlencoded"}
Request = dict[str, Any]
OPS = ("create", "page", "pay", "page_qr", "status", "status_304", "notify")


def request(method: str, path: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Request:
    """Return a request for `bench.load`."""
    said = {"Accept-Language": "en", **(headers or {})}
    return {"method": method, "path": path, "headers": said, "body": base64.b64encode(body).decode()}


class Side(Protocol):
    """One that is measured."""

    name: str
    port: int
    environment: Mapping[str, str]
    folder: Path  #: Where its program runs.
    database: Database

    @property
    def command(self) -> str:
        """What serves it."""

    def requests(self, op: str, payments: int) -> list[Request]:
        """Return an operation's requests, one for each payment of the round."""

    def note(self, op: str, answers: Mapping[str, Any]) -> None:
        """Take what the next operations need from the answers. Raises AssertionError where they are not as they must be."""


@dataclass(kw_only=True)
class Floor:
    """The bare app."""

    port: int
    environment: Mapping[str, str]
    database: Database
    name: str = "floor"
    folder: Path = state.ROOT
    tokens: list[str] = field(default_factory=list)  #: The payments of the round.
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def command(self) -> str:
        """What serves it."""
        return GRANIAN.format("bench.floor.wsgi:application", self.port)

    def requests(self, op: str, payments: int) -> list[Request]:
        """Return an operation's requests."""
        if op == "create":
            orders = ({"merchant_order_no": f"F{next(self.numbers)}", "amount_minor": AMOUNT_MINOR, "title": "A lamp"}
                      for _ in range(payments))  # fmt: skip
            return [_json("/create", order) for order in orders]
        if op == "notify":
            quoted = ", ".join(f"'{token}'" for token in self.tokens)
            numbers = self.database.all(
                "SELECT a.number FROM floor_attempt a JOIN floor_payment p ON p.id = a.payment_id "  # noqa: S608 - ours
                f"WHERE p.token IN ({quoted})"
            )
            return [_json("/settle", {"number": number, "state": "SUCCESS"}) for number in numbers]
        if op == "pay":
            headers = {**_FORM, "Cookie": f"csrftoken={_TOKEN_OF_FORMS}"}
            body = urlencode({"csrfmiddlewaretoken": _TOKEN_OF_FORMS}).encode()
            return [request("POST", f"/p/{token}/pay", headers=headers, body=body) for token in self.tokens]
        path = "/status" if op.startswith("status") else ""
        return [request("GET", f"/p/{token}{path}") for token in self.tokens]

    def note(self, op: str, answers: Mapping[str, Any]) -> None:
        """Keep the tokens of what was made."""
        expected = {"create": 201, "pay": 302, "notify": 204}.get(op, 200)
        _expect(self.name, op, answers, expected)
        if op == "create":
            self.tokens = [json.loads(body)["token"] for body in answers["bodies"]]


@dataclass(kw_only=True)
class Payhub:
    """payhub as it is served in production."""

    name: str
    port: int
    environment: Mapping[str, str]
    database: Database
    private_pem: str  #: The channel's.
    folder: Path = state.ROOT
    application: str = "payhub.wsgi:application"
    key: str = ""
    account: str = ""
    tokens: list[str] = field(default_factory=list)
    etags: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @property
    def command(self) -> str:
        """What serves it."""
        return GRANIAN.format(self.application, self.port)

    def prepare(self, settings: Mapping[str, str]) -> None:
        """Make its tables and its merchant, whose channel account has these settings."""
        run(self, ["manage.py", "migrate", "--noinput", "-v", "0"])
        seed = run(self, [str(state.ROOT / "bench" / "seed.py")], says=json.dumps(settings), PAYHUB_DEMO="1")
        made = json.loads(seed.splitlines()[-1])
        self.key, self.account = made["key"], made["account"]

    def requests(self, op: str, payments: int) -> list[Request]:
        """Return an operation's requests."""
        if op == "create":
            return [self._create(f"P{next(self.numbers)}") for _ in range(payments)]
        if op == "notify":
            return [self._notify(number) for number in self._attempts()]
        if op == "pay":
            said = {"choice": f"{self.account}.native", "seen": "", "csrfmiddlewaretoken": _TOKEN_OF_FORMS}
            body = urlencode(said).encode()
            return [request("POST", f"/c/{token}/pay", headers=_FORM, body=body) for token in self.tokens]
        if op == "status_304":
            return [
                request("GET", f"/c/{token}/status", headers={"If-None-Match": etag})
                for token, etag in zip(self.tokens, self.etags, strict=True)
            ]
        return [request("GET", f"/c/{token}/{'status' if op == 'status' else ''}") for token in self.tokens]

    def note(self, op: str, answers: Mapping[str, Any]) -> None:
        """Keep the tokens of what was made, and the validators of what was seen."""
        expected = {"create": 201, "pay": 303, "status_304": 304, "notify": 204}.get(op, 200)
        _expect(self.name, op, answers, expected)
        if op == "create":
            urls = [json.loads(body)["payment"]["cashier_url"] for body in answers["bodies"]]
            self.tokens = [url.rstrip("/").rsplit("/", 1)[-1] for url in urls]
        if op == "page_qr":
            shown = sum('class="qr"' in body for body in answers["bodies"])
            assert shown == len(self.tokens), f"{shown} of {len(self.tokens)} pages show a code"  # noqa: S101
        if op == "status":
            self.etags = answers["etags"]
        if op == "notify":
            paid = int(self.database.one(f"SELECT count(*) FROM cashier_payment WHERE state = 'PAID' AND {self._mine}"))  # noqa: S608
            assert paid == len(self.tokens), f"{paid} of {len(self.tokens)} payments are paid"  # noqa: S101

    @property
    def _mine(self) -> str:
        return "token IN ({})".format(", ".join(f"'{token}'" for token in self.tokens))

    def _attempts(self) -> list[str]:
        return self.database.all(
            "SELECT attempt_no FROM cashier_attempt WHERE payment_id IN "  # noqa: S608 - our own tokens
            f"(SELECT id FROM cashier_payment WHERE {self._mine})"
        )

    def _create(self, number: str) -> Request:
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency-Key": number}
        said = {"merchant_order_no": number, "amount_minor": AMOUNT_MINOR, "currency": "CNY", "title": "A lamp"}
        return _json("/api/v1/orders", said, headers)

    def _notify(self, number: str) -> Request:
        headers, body = paid_notification(self.private_pem, number)
        return request("POST", f"/notify/wechat/{self.account}", headers=headers, body=body)


def _json(path: str, said: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Request:
    kind = {"Content-Type": "application/json", **(headers or {})}
    return request("POST", path, headers=kind, body=json.dumps(said).encode())


def _expect(name: str, op: str, answers: Mapping[str, Any], status: int) -> None:
    # What is measured must be what is meant: a page of errors is quick.
    meant, all_of_them = answers["statuses"].get(str(status), 0), sum(answers["statuses"].values())
    # The clock may change what a page is told, between its two looks: a few of the second ones are no 304.
    enough = 0.9 * all_of_them if status == 304 else all_of_them
    assert meant >= enough, f"{name}, {op}: {answers['statuses']} {answers['bodies'][:1]}"  # noqa: S101


def run(side: Side, arguments: list[str], says: str = "", **more: str) -> str:
    """Run Python with the side's environment to a good end and return what it printed."""
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**side.environment, "PYTHONPATH": str(side.folder), **more},
        cwd=side.folder,
        input=says,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{arguments[0]} failed: {done.stderr[-2000:]}")
    return done.stdout

"""What the contract suite needs of a channel's other side."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import httpx

from cashier.channels.base import BillKind, BillLine, Channel, Fact, Notification, Return, Trade, UnreadableLine, Wiring
from cashier.channels.registry import open_channel
from payhub.money import Money
from tests.channels.keys import NOW
from tests.channels.scripted import ScriptedHttp

CALLS = ("create", "query", "close", "refund", "query_refund")


class Clock:
    """A clock that a test can move."""

    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> datetime:
        return self.time


@dataclass(frozen=True, slots=True)
class Billed:
    """One line that a bill shall have."""

    kind: BillKind
    attempt_no: str
    minor: int
    refund_no: str = ""


class Counterpart(ABC):
    """One channel account with its adapter on one side and a scripted network on the other."""

    code: ClassVar[str]
    method: ClassVar[str]
    talks: ClassVar[tuple[str, ...]] = CALLS  #: The calls that go over the network.
    signs_answers: ClassVar[bool] = True
    without_body: ClassVar[tuple[str, ...]] = ()  #: The calls whose good answer has no body.
    repeats_create: ClassVar[bool] = True  #: The same create again gives the same trade.
    tells_merchant: ClassVar[tuple[str, ...]] = ()  #: The calls whose answer names the merchant.
    tells_number: ClassVar[tuple[str, ...]] = ()  #: The calls whose answer names our number.
    bill_faults: ClassVar[tuple[str, ...]] = (
        "not_ready",
        "no_trades",
        "refused",
        "link_expired",
        "other_merchant",
        "broken_file",
        "wrong_totals",
        "no_totals",
        "other_columns",
        "broken_row",
    )
    knows_not_found: ClassVar[tuple[str, ...]] = ("query", "close", "query_refund")
    currency: ClassVar[str] = "CNY"

    def __init__(self) -> None:
        self.http = ScriptedHttp()
        self.clock = Clock()
        self.trade = Trade(
            attempt_no=f"A260301{self.code[0].upper()}X0123456789ABCDE",
            method=self.method,
            amount=Money(1230, self.currency),
            title="茶壶 {a}/b & 100% = “好”",
            created_at=NOW,
            expires_at=NOW + timedelta(seconds=900),
            notify_url="https://pay.example.com/n/1",
            return_url="https://pay.example.com/c/1",
            shopper_ip="203.0.113.9",
        )
        self.order = Return(
            refund_no="R2603010123456789ABCDEF",
            trade=self.trade,
            amount=Money(230, self.currency),
            paid=self.trade.amount,
            reason="重复支付",
            first_sent_at=NOW,
            notify_url="https://pay.example.com/r/1",
        )
        self.channel = self.opened()

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """Return the account's settings."""

    @abstractmethod
    def says(
        self, call: str, what: str, *, sign: str = "good", changes: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Return the channel's answer to `call` that says `what`; `sign` is good, bad or missing.

        Every channel can say, of a create: opened; a query: unpaid, paid, closed, refunded; a close: closed; a refund:
        accepted, returned; a query_refund: pending, returned, failed (where it has them); and of any of them
        system_error, unknown_code, rate_limit, not_found, already_paid, already_closed, bad_credentials.
        """

    @abstractmethod
    def other(self, call: str, what: str) -> httpx.Response:
        """Return the good answer to `call`, but about another `merchant` or `number`."""

    @abstractmethod
    def notification(self, what: str = "paid", *, sign: str = "good", **changes: Any) -> Notification:
        """Return a notification that says paid or refunded."""

    @abstractmethod
    def serve_bill(self, lines: Sequence[Billed], fault: str = "") -> None:
        """Let the network serve a bill of 2026-03-01 with these lines.

        Faults, those in `bill_faults`: not_ready, no_trades, refused, link_expired, other_merchant, broken_file,
        wrong_checksum, wrong_totals, no_totals, other_columns, broken_row (the first line cannot be read).
        """

    def opened(self, **settings: str) -> Channel:
        """Return an adapter for this account."""
        wiring = Wiring(
            settings=self.settings() | settings, http=self.http, now=self.clock, nonce=lambda: "0123456789ABCDEF"
        )
        return open_channel(self.code, wiring)

    def do(self, call: str) -> Fact:
        """Make the adapter call, and return its fact."""
        match call:
            case "create":
                return self.channel.create(self.trade).fact
            case "query":
                return self.channel.query(self.trade)
            case "close":
                return self.channel.close(self.trade)
            case "refund":
                return self.channel.refund(self.order)
            case "query_refund":
                return self.channel.query_refund(self.order)
        raise AssertionError(call)

    def bill(self, day: date) -> Iterator[BillLine | UnreadableLine]:
        """Fetch and read the bill of a day."""
        file = io.BytesIO()
        if self.channel.fetch_bill(day, file):
            yield from self.channel.read_bill(file, day)

    def good(self, call: str) -> httpx.Response:
        """Return the answer that says that all went well."""
        what = {
            "create": "opened",
            "query": "paid",
            "close": "closed",
            "refund": "returned",
            "query_refund": "returned",
        }
        return self.says(call, what[call])

    def with_trade(self, **changes: Any) -> None:
        """Change the trade that is spoken about."""
        self.trade = replace(self.trade, **changes)
        self.order = replace(self.order, trade=self.trade)

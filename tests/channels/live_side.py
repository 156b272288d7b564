"""One adapter against the real sandbox process, over a real connection."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, timedelta
from typing import Any, BinaryIO

import httpx

from cashier.channels.base import (
    BillLine,
    Channel,
    Created,
    Fact,
    Notification,
    NotificationRefused,
    Outcome,
    Presentation,
    PresentationKind,
    Return,
    Trade,
    UnreadableLine,
    Wiring,
)
from cashier.channels.beijing import BEIJING
from cashier.channels.registry import open_channel
from payhub import clock, numbers
from payhub.http import outgoing
from payhub.money import Money
from tests.sandbox.server import Merchant, Posted, Sandbox, wait_for

PATIENCE_S = 0.4


class HurriedHttp:
    """payhub's client, but a test does not wait the whole time-out for a call that hangs."""

    def send(
        self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"", timeout_s: float
    ) -> httpx.Response:
        return outgoing().send(method, url, headers=headers, content=content, timeout_s=min(timeout_s, PATIENCE_S))

    def fetch(self, url: str, *, headers: Mapping[str, str], timeout_s: float, into: BinaryIO) -> int:
        return outgoing().fetch(url, headers=headers, timeout_s=timeout_s, into=into)


@dataclass
class Live:
    """One channel's adapter, the sandbox, and the merchant's notification address."""

    code: str
    method: str
    sandbox: Sandbox
    merchant: Merchant
    ahead: timedelta = timedelta()  #: How far our clock runs ahead of the machine's.
    channel: Channel = field(init=False)
    trade: Trade = field(init=False)

    def __post_init__(self) -> None:
        self.channel = self.opened_with()
        self.trade = self.new_trade()
        if self.code == "stripe":  # which notifies an account, not a payment
            endpoint = {"url": self.merchant.url, "enabled_events[]": "*"}
            key = self.sandbox.accounts["stripe"]["secret_key"]
            assert self.sandbox.http.post("/v1/webhook_endpoints", data=endpoint, auth=(key, "")).status_code == 200

    def opened_with(self, **settings: str) -> Channel:
        """Return an adapter of the account, with other settings."""
        account = self.sandbox.accounts[self.code] | settings
        wiring = Wiring(settings=account, http=HurriedHttp(), now=lambda: clock.now() + self.ahead, nonce=numbers.nonce)
        return open_channel(self.code, wiring)

    def new_trade(self) -> Trade:
        """Return a trade that the sandbox has not seen."""
        now = clock.now()
        method = self.channel.methods[self.method]
        return Trade(
            attempt_no=numbers.attempt_no(now, self.channel.letter, method.letter),
            method=self.method,
            amount=Money(1230, "CNY"),
            title="茶壶 {a}/b & 100% = “好”",
            created_at=now,
            expires_at=now + timedelta(seconds=method.code_lifetime_s),
            notify_url=self.merchant.url,
            return_url="http://127.0.0.1/back",
            shopper_ip="203.0.113.9",
            payer_id="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o",
        )

    def create(self) -> Created:
        """Open the trade, and keep what the channel gave us to keep."""
        created = self.channel.create(self.trade)
        self.trade = replace(self.trade, memo=created.fact.memo, channel_trade_no=created.fact.channel_trade_no)
        return created

    def opened(self) -> Live:
        """Open the trade, and let somebody go where the presentation leads."""
        presentation = self.create().presentation
        assert presentation is not None
        self.follow(presentation)
        self.scan()
        return self

    def follow(self, presentation: Presentation) -> None:
        """Do what the shopper's browser does."""
        match presentation.kind:
            case PresentationKind.REDIRECT:
                led = self.sandbox.http.get(presentation.content)
            case PresentationKind.FORM:
                led = self.sandbox.http.post(presentation.content, data=dict(presentation.fields))
            case PresentationKind.BRIDGE:
                led = self.sandbox.http.post("/wechat/bridge", json=dict(presentation.fields))
            case _:
                return
        assert led.status_code in {200, 302, 303}, led.text

    def goes_wrong(self, presentation: Presentation) -> None:
        """Do what the shopper's browser does, whatever comes of it."""
        with suppress(AssertionError, httpx.TransportError):
            self.follow(presentation)

    def scan(self) -> None:
        """Let somebody open the code (at Alipay the trade begins so)."""
        self.sandbox.post(f"/trades/{self.code}/{self.trade.attempt_no}/scan", person="bai")

    def pay(self, **how: Any) -> Live:
        """Let somebody pay."""
        self.sandbox.pay(self.code, self.trade.attempt_no, person="bai", **how)
        return self

    def paid(self) -> Live:
        """Open the trade and let somebody pay; wait until we are told, and keep the channel's number."""
        self.opened().pay()
        self.trade = replace(self.trade, channel_trade_no=self.told()[0].channel_trade_no)
        return self

    def told(self, count: int = 1) -> list[Fact]:
        """Wait until we have been told so many facts, and return them; true events that are not about us are none."""

        def facts() -> list[Fact]:
            read = [self._read(posted) for posted in list(self.merchant.posted)]
            return [fact for fact in read if fact is not None]

        wait_for(lambda: len(facts()) >= count)
        return facts()

    def _read(self, posted: Posted) -> Fact | None:
        try:
            return self.notified(posted)
        except NotificationRefused as refused:
            if refused.code != "unknown_event":
                raise
            return None

    def arm(self, kind: str, call: str, **spec: Any) -> None:
        """Arm a fault for the next call."""
        if kind.startswith(("timeout", "late")):
            spec["wait_s"] = PATIENCE_S + 0.3
        self.sandbox.arm(kind, channel=self.code, call=call, **spec)

    def bill(self, day: date) -> Iterator[BillLine | UnreadableLine]:
        """Fetch and read the bill of a day."""
        file = io.BytesIO()
        if self.channel.fetch_bill(day, file):
            yield from self.channel.read_bill(file, day)

    def at_bill_time(self) -> date:
        """Let two days pass, and return the day on whose bill stands what happened until now."""
        now = clock.now()
        self.sandbox.post("/clock", advance_s=48 * 3600)
        if self.code == "stripe":  # which makes no bill: we have to know ourselves that the day is over
            self.ahead = timedelta(hours=48)
            return now.astimezone(UTC).date()
        # UnionPay's day begins at 23:00.
        return (now.astimezone(BEIJING) + timedelta(hours=1 if self.code == "unionpay" else 0)).date()

    def expire(self) -> None:
        """Let the trade's time be over."""
        self.sandbox.post(f"/trades/{self.code}/{self.trade.attempt_no}/expire")

    def query(self) -> Fact:
        """Ask what the trade is."""
        return self.channel.query(self.trade)

    def order(self, minor: int = 230) -> Return:
        """Return an order to give money back, always with the same number."""
        return Return(
            refund_no=f"R{self.trade.attempt_no[1:]}",
            trade=self.trade,
            amount=Money(minor, "CNY"),
            paid=self.trade.amount,
            reason="重复支付",
            first_sent_at=self.trade.created_at,
            notify_url=self.merchant.url,
        )

    def refunded(self, order: Return) -> Fact:
        """Wait until the refund has come to an end."""
        wait_for(lambda: self.channel.query_refund(order).outcome in {Outcome.PAID, Outcome.FAILED})
        return self.channel.query_refund(order)

    def notified(self, posted: Posted) -> Fact:
        """Read what was posted."""
        return self.channel.read_notification(Notification(headers=posted.headers, body=posted.body))

    def books(self) -> list[dict[str, Any]]:
        """Return the sandbox's truth about this trade."""
        lines: list[dict[str, Any]] = self.sandbox.get("/books", channel=self.code)
        return [line for line in lines if line["out_trade_no"] == self.trade.attempt_no]

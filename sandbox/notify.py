"""Notifications: what each channel has to say of one, and how they are written down together with the fact they tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sandbox.books import Payment, Refund, Trade
from sandbox.box import Box


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """A notification as it is posted."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a notification tells, frozen when it happened. Repeats carry the same event_id."""

    event_id: str
    kind: str  #: payment, refund or closed
    created_at: float
    content: Mapping[str, Any]


class Messenger(Protocol):
    """How one channel notifies."""

    @property
    def waits_s(self) -> tuple[float, ...]:
        """The pauses before the repeats."""

    @property
    def timeout_s(self) -> float:
        """How long the merchant may take to answer."""

    def payment(self, trade: Trade, payment: Payment) -> Mapping[str, Any] | None:
        """This function will give what is told of a payment, None when nothing is."""

    def refund(self, trade: Trade, payment: Payment, refund: Refund) -> Mapping[str, Any] | None:
        """This function will give what is told of a refund's end, None when nothing is."""

    def closed(self, trade: Trade) -> Mapping[str, Any] | None:
        """This function will give what is told of a trade closed unpaid, None when nothing is."""

    def envelope(self, event: Event, signature: str) -> Envelope:
        """This function will sign now; signature is "true", "bad_signature" or "probe"."""

    def acknowledged(self, status: int, body: bytes) -> bool:
        """This function will tell whether the merchant's answer ends the repeats."""


def announce_payment(box: Box, trade: Trade, payment: Payment, twist: Mapping[str, Any] | None = None) -> None:
    """This function will write down the notification of a payment, twisted as asked or as armed."""
    twist = box.faults.for_notification(trade.channel, trade.out_trade_no) if twist is None else twist
    messenger = box.messengers[trade.channel]
    if twist.get("kind") == "wrong_amount":
        payment = replace(payment, amount_minor=twist["amount_minor"])
    if twist.get("kind") == "unknown_number":  # one more, before the true one
        stranger = replace(trade, out_trade_no=twist["out_trade_no"])
        _write(box, stranger, "payment", trade.notify_url, messenger.payment(stranger, payment), {})
    _write(box, trade, "payment", trade.notify_url, messenger.payment(trade, payment), twist)


def announce_refund(
    box: Box, trade: Trade, payment: Payment, refund: Refund, twist: Mapping[str, Any] | None = None
) -> None:
    """This function will write down the notification of a refund's end, twisted as asked or as armed."""
    twist = box.faults.for_notification(trade.channel, trade.out_trade_no) if twist is None else twist
    if twist.get("kind") == "wrong_amount":
        refund = replace(refund, amount_minor=twist["amount_minor"])
    content = box.messengers[trade.channel].refund(trade, payment, refund)
    _write(box, trade, "refund", refund.notify_url, content, twist)


def announce_closed(box: Box, trade: Trade) -> None:
    """This function will write down the notification of a trade closed unpaid, where the channel sends such."""
    _write(box, trade, "closed", trade.notify_url, box.messengers[trade.channel].closed(trade), {})


def _write(
    box: Box, trade: Trade, kind: str, url: str, content: Mapping[str, Any] | None, twist: Mapping[str, Any]
) -> None:
    if content is None or not url:
        return
    now = box.clock.now()
    lost = twist.get("kind") == "drop" and twist["sends"] is None
    box.store.run(
        "INSERT INTO notification (channel, event_id, kind, out_trade_no, url, content, twist, state, created_at,"
        " next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        trade.channel, box.numbers.event(now), kind, trade.out_trade_no, url, json.dumps(content, ensure_ascii=False),
        json.dumps(dict(twist)), "LOST" if lost else "PENDING", now, now + float(twist.get("delay_s", 0)),
    )  # fmt: skip
    box.wake.set()


def notifications(box: Box, channel: str = "", out_trade_no: str = "") -> list[dict[str, Any]]:
    """This function will list the newest notifications with every send of each."""
    rows = box.store.rows(
        "SELECT * FROM notification WHERE (? = '' OR channel = ?) AND (? = '' OR out_trade_no = ?)"
        " ORDER BY id DESC LIMIT 100",
        channel, channel, out_trade_no, out_trade_no,
    )  # fmt: skip
    listed = []
    for row in rows:
        sends = box.store.rows("SELECT * FROM delivery WHERE notification_id = ? ORDER BY id", row["id"])
        decoded = {"content": json.loads(row["content"]), "twist": json.loads(row["twist"])}
        listed.append(dict(row) | decoded | {"sends": [dict(send) for send in sends]})
    return listed

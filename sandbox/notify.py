"""Notifications are written down together with the fact that they tell; the courier posts them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox import scenarios
from sandbox.books import Payment, Refund, Trade
from sandbox.box import Box
from sandbox.clerk import Content

Twist = Mapping[str, Any]


def announce_payment(box: Box, trade: Trade, payment: Payment, twist: Twist | None = None) -> None:
    """This function will write down the notification of a payment, twisted as asked, as armed, or by its amount."""
    if twist is None:
        twist = box.faults.for_notification(trade.channel, trade.out_trade_no) or scenarios.of_notification(box, trade)
    clerk = box.clerks[trade.channel]
    if twist.get("kind") == "wrong_amount":
        payment = replace(payment, amount_minor=twist["amount_minor"])
    if twist.get("kind") == "unknown_number":  # one more, before the true one
        stranger = replace(trade, out_trade_no=twist["out_trade_no"])
        _write(box, stranger, "payment", trade.notify_url, clerk.payment(stranger, payment), {})
    _write(box, trade, "payment", trade.notify_url, clerk.payment(trade, payment), twist)


def announce_refund(box: Box, trade: Trade, payment: Payment, refund: Refund, twist: Twist | None = None) -> None:
    """This function will write down the notification of a refund's end, twisted as asked or as armed."""
    twist = box.faults.for_notification(trade.channel, trade.out_trade_no) if twist is None else twist
    if twist.get("kind") == "wrong_amount":
        refund = replace(refund, amount_minor=twist["amount_minor"])
    contents = box.clerks[trade.channel].refund(trade, payment, refund)
    _write(box, trade, "refund", refund.notify_url, contents, twist)


def announce_closed(box: Box, trade: Trade) -> None:
    """This function will write down the notification of a trade closed unpaid, where the channel sends such."""
    _write(box, trade, "closed", trade.notify_url, box.clerks[trade.channel].closed(trade), {})


def announce_declined(box: Box, trade: Trade) -> None:
    """This function will write down the notification of a person who did not pay, where the channel sends such."""
    _write(box, trade, "declined", trade.notify_url, box.clerks[trade.channel].declined(trade), {})


def announce_of_account(box: Box, channel: str, number: str, contents: Sequence[Content]) -> None:
    """This function will write down notifications of the account itself, which are about no trade (Stripe's payouts)."""
    _enter(box, channel, number, "account", "", contents, {})


def _write(box: Box, trade: Trade, kind: str, url: str, contents: Sequence[Content], twist: Twist) -> None:
    _enter(box, trade.channel, trade.out_trade_no, kind, url, contents, twist)


def _enter(box: Box, channel: str, number: str, kind: str, url: str, contents: Sequence[Content], twist: Twist) -> None:
    now, url = box.clock.now(), box.clerks[channel].address(url)
    lost = twist.get("kind") == "drop" and twist["sends"] is None
    state = "UNADDRESSED" if not url else "LOST" if lost else "PENDING"
    for place, content in enumerate(contents):
        # Reordered: the last is told first, and something that happens meanwhile is told before any of them.
        late_s = float(twist.get("delay_s", 0)) + (len(contents) - place) * float(twist.get("apart_s", 0))
        box.store.run(
            "INSERT INTO notification (channel, event_id, kind, out_trade_no, url, content, twist, state, created_at,"
            " next_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            channel, box.numbers.event(now), kind, number, url,
            json.dumps(content, ensure_ascii=False), json.dumps(dict(twist)), state, now,
            now + late_s,
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

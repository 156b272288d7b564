"""The WeChat Pay adapter: payments, their query and close, refunds, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, BinaryIO
from urllib.parse import quote

from cashier.channels.base import (
    PREPAY_TIMEOUT_S,
    QUERY_TIMEOUT_S,
    REFUND_TIMEOUT_S,
    Created,
    Fact,
    Method,
    Notification,
    NotificationRefused,
    Outcome,
    Refusal,
    Reply,
    Return,
    Trade,
    Wiring,
)
from cashier.channels.beijing import midnight
from cashier.channels.bill_reading import Lines
from cashier.channels.trouble import Trouble, unknown
from cashier.channels.wechat import facts
from cashier.channels.wechat.bill import fetch, read
from cashier.channels.wechat.prepay import METHODS, Prepay, fen
from cashier.channels.wechat.wire import Wire

REASON_LIMIT = 80


class WeChatPay:
    """One WeChat Pay merchant account (API v3, direct merchant)."""

    code = "wechat"
    letter = "W"
    methods: Mapping[str, Method] = METHODS

    def __init__(self, wiring: Wiring) -> None:
        self._wire = Wire(wiring)
        self._appid = wiring.settings["appid"]
        self._mchid = wiring.settings["mchid"]
        self._prepay = Prepay(self._wire, self._appid, self._mchid)

    def create(self, trade: Trade) -> Created:
        """Open the trade and return what the shopper pays with; the same trade again is the same order."""
        path = f"/v3/pay/transactions/{trade.method}"
        try:
            data = self._wire.call("POST", path, self._prepay.body(trade), timeout_s=PREPAY_TIMEOUT_S)
            presentation = self._prepay.presentation(trade, data)
        except Trouble as trouble:
            return Created(fact=_without_payer(trouble.fact(trade.attempt_no), trade))
        fact = Fact(outcome=Outcome.IN_PROGRESS, attempt_no=trade.attempt_no)
        return Created(fact=fact, presentation=presentation)

    def query(self, trade: Trade) -> Fact:
        """Ask by our number (an unpaid order can be asked by no other)."""
        try:
            data = self._wire.call(
                "GET", f"{_order(trade.attempt_no)}?mchid={quote(self._mchid)}", timeout_s=QUERY_TIMEOUT_S
            )
            return self._payment(data, trade.attempt_no)
        except Trouble as trouble:
            return trouble.fact(trade.attempt_no)

    def close(self, trade: Trade) -> Fact:
        """Close the unpaid order. "Already paid" and "already closed" give UNKNOWN: they are unsigned, so query."""
        try:
            self._wire.call(
                "POST", f"{_order(trade.attempt_no)}/close", {"mchid": self._mchid}, timeout_s=QUERY_TIMEOUT_S
            )
        except Trouble as trouble:
            return trouble.fact(trade.attempt_no)
        return Fact(outcome=Outcome.CLOSED, attempt_no=trade.attempt_no)

    def refund(self, order: Return) -> Fact:
        """Ask for money back; the same number moves it once. Usually IN_PROGRESS: accepted, not yet returned."""
        # By WeChat Pay's number when it is known: one code that two people paid has two of those and one of ours.
        trade_no = order.trade.channel_trade_no
        body: dict[str, Any] = {
            **({"transaction_id": trade_no} if trade_no else {"out_trade_no": order.trade.attempt_no}),
            "out_refund_no": order.refund_no,
            "notify_url": order.notify_url,
        }
        if order.reason:
            body["reason"] = order.reason[:REASON_LIMIT]
        try:
            body["amount"] = {"refund": fen(order.amount), "total": fen(order.paid), "currency": "CNY"}
            data = self._wire.call("POST", "/v3/refund/domestic/refunds", body, timeout_s=REFUND_TIMEOUT_S)
            return facts.of_refund(data, attempt_no=order.trade.attempt_no, refund_no=order.refund_no)
        except Trouble as trouble:
            return trouble.fact(order.trade.attempt_no, order.refund_no)

    def query_refund(self, order: Return) -> Fact:
        """Ask what became of a refund."""
        path = f"/v3/refund/domestic/refunds/{quote(order.refund_no, safe='')}"
        try:
            data = self._wire.call("GET", path, timeout_s=QUERY_TIMEOUT_S)
            return facts.of_refund(data, attempt_no=order.trade.attempt_no, refund_no=order.refund_no)
        except Trouble as trouble:
            return trouble.fact(order.trade.attempt_no, order.refund_no)

    def bill_starts_at(self, day: date) -> datetime:
        """Return Beijing's midnight."""
        return midnight(day)

    def fetch_bill(self, day: date, into: BinaryIO) -> bool:
        """Fetch the trade bill of a Beijing day, from 10:00 on the next."""
        return fetch(self._wire, day, into)

    def read_bill(self, file: BinaryIO, day: date) -> Lines:
        """Read the trade bill of a Beijing day."""
        return read(self._mchid, file)

    def read_notification(self, notification: Notification) -> Fact:
        """Authenticate, decrypt and translate a notification of a payment or a refund."""
        event_type, data = self._wire.open(notification)
        try:
            if event_type.startswith("TRANSACTION."):
                return self._payment(data)
            if event_type.startswith("REFUND."):
                if data.get("mchid") != self._mchid:
                    raise unknown("other_account")
                return facts.of_refund(data)
        except Trouble as trouble:
            raise NotificationRefused(Refusal(trouble.code), trouble.message) from trouble
        raise NotificationRefused(Refusal.UNKNOWN_EVENT, event_type)

    def accept(self) -> Reply:
        """Answer 204: WeChat Pay stops repeating."""
        return Reply(status=204, body=b"")

    def refuse(self, code: Refusal) -> Reply:
        """Answer 400, the same whatever the code: WeChat Pay repeats it 15 times within about 24 hours."""
        return Reply(status=400, body=b'{"code":"FAIL","message":"FAIL"}', content_type="application/json")

    def _payment(self, data: dict[str, Any], attempt_no: str = "") -> Fact:
        return facts.of_transaction(data, appid=self._appid, mchid=self._mchid, attempt_no=attempt_no)


def _without_payer(fact: Fact, trade: Trade) -> Fact:
    """Take the payer's openid out of the channel's words: a refused parameter may be repeated in them."""
    return replace(fact, message=fact.message.replace(trade.payer_id, "…")) if trade.payer_id else fact


def _order(attempt_no: str) -> str:
    return f"/v3/pay/transactions/out-trade-no/{quote(attempt_no, safe='')}"

"""The Alipay adapter: payments, their query and close, refunds, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, BinaryIO

from cashier.channels.alipay import codes, facts
from cashier.channels.alipay.bill import fetch, read
from cashier.channels.alipay.prepay import METHODS, biz_content, yuan
from cashier.channels.alipay.wire import Wire
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
    Presentation,
    Refusal,
    Reply,
    Return,
    Trade,
    Wiring,
)
from cashier.channels.beijing import midnight
from cashier.channels.bill_reading import Lines
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import Trouble, unknown

REFUND_QUERY = "fastpay.refund.query"
REASON_LIMIT = 256


class Alipay:
    """One Alipay app of one seller (gateway protocol 1.0, public key mode)."""

    code = "alipay"
    letter = "A"
    methods: Mapping[str, Method] = METHODS

    def __init__(self, wiring: Wiring) -> None:
        self._wire = Wire(wiring)
        self._app_id = wiring.settings["app_id"]
        self._seller_id = wiring.settings["seller_id"]

    def create(self, trade: Trade) -> Created:
        """Return the text of a QR code (a second code for the same number may be refused: keep the first), or the
        address of Alipay's page: nothing is called for that, and the same trade again leads to the same page."""
        try:
            biz = biz_content(trade)
            if trade.method == "precreate":
                data = self._call("precreate", biz, codes.CREATE, PREPAY_TIMEOUT_S, notify_url=trade.notify_url)
                content = text_of(data, "qr_code")
            else:
                content = self._wire.address(
                    f"alipay.trade.{trade.method}.pay", biz, notify_url=trade.notify_url, return_url=trade.return_url
                )
            if not content:
                raise unknown("malformed", "No qr_code in the answer.")
        except Trouble as trouble:
            return Created(fact=trouble.fact(trade.attempt_no))
        return Created(
            fact=Fact(outcome=Outcome.IN_PROGRESS, attempt_no=trade.attempt_no),
            presentation=Presentation(kind=METHODS[trade.method].presentation, content=content),
        )

    def query(self, trade: Trade) -> Fact:
        """Ask by our number. NOT_FOUND is not "cannot be paid": a trade begins when the code is scanned."""
        try:
            data = self._call("query", {"out_trade_no": trade.attempt_no}, codes.PAYMENT, QUERY_TIMEOUT_S)
            return facts.of_trade(data, trade.attempt_no)
        except Trouble as trouble:
            return trouble.fact(trade.attempt_no)

    def close(self, trade: Trade) -> Fact:
        """Close the scanned, unpaid trade; NOT_FOUND (not scanned yet) leaves the code payable until its deadline."""
        try:
            data = self._call("close", {"out_trade_no": trade.attempt_no}, codes.PAYMENT, QUERY_TIMEOUT_S)
        except Trouble as trouble:
            return trouble.fact(trade.attempt_no)
        return Fact(
            outcome=Outcome.CLOSED,
            attempt_no=trade.attempt_no,
            channel_trade_no=text_of(data, "trade_no"),
            raw=facts.evidence(data),
        )

    def refund(self, order: Return) -> Fact:
        """Return money; the same number with the same amount moves it once. A repeat gives IN_PROGRESS: query."""
        try:
            biz = {
                **_receipt(order),
                "out_request_no": order.refund_no,
                "refund_amount": yuan(order.amount),
                "refund_reason": order.reason[:REASON_LIMIT],
            }
            data = self._call("refund", biz, codes.REFUND, REFUND_TIMEOUT_S)
            return facts.of_refund_answer(data, order)
        except Trouble as trouble:
            return trouble.fact(order.trade.attempt_no, order.refund_no)

    def query_refund(self, order: Return) -> Fact:
        """Ask what became of a refund, ten seconds after the call at the earliest."""
        biz = {**_receipt(order), "out_request_no": order.refund_no}
        try:
            data = self._call(REFUND_QUERY, biz, codes.REFUND, QUERY_TIMEOUT_S)
            return facts.of_refund_query(data, order)
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
        return read(self._seller_id, file, day)

    def read_notification(self, notification: Notification) -> Fact:
        """Authenticate and translate a notification; one about a refund is not a second payment."""
        form: dict[str, Any] = dict(self._wire.open(notification))
        attempt_no = text_of(form, "out_trade_no")
        if form.get("notify_type") != "trade_status_sync":
            raise NotificationRefused(Refusal.UNKNOWN_EVENT, text_of(form, "notify_type"))
        if form.get("app_id") != self._app_id or form.get("seller_id") != self._seller_id or not attempt_no:
            raise NotificationRefused(Refusal.OTHER_ACCOUNT)
        if facts.has_refund(form) and form.get("out_biz_no"):
            return facts.of_refund_notice(form, attempt_no)
        try:
            return facts.of_trade(form, attempt_no)
        except Trouble as trouble:
            raise NotificationRefused(Refusal(trouble.code), trouble.message) from trouble

    def accept(self) -> Reply:
        """Answer exactly `success`: Alipay stops repeating."""
        return Reply(status=200, body=b"success")

    def refuse(self, code: Refusal) -> Reply:
        """Answer anything else, the same whatever the code: Alipay repeats it 7 times within about 25 hours."""
        return Reply(status=400, body=b"failure")

    def _call(
        self, name: str, biz: Mapping[str, str], table: Mapping[str, Outcome], timeout_s: float, *, notify_url: str = ""
    ) -> dict[str, Any]:
        """Call `alipay.trade.{name}`; raise Trouble unless the answer is good and about this trade and seller."""
        data = self._wire.call(f"alipay.trade.{name}", biz, table, timeout_s=timeout_s, notify_url=notify_url)
        number = text_of(data, "out_trade_no")
        # A refund query that found nothing names no trade; every other good answer does.
        says_nothing = name == REFUND_QUERY and not data.get("refund_status")
        if number != biz["out_trade_no"] and (number or not says_nothing):
            raise unknown("other_account", "This is about another number.")
        if text_of(data, "seller_id") not in {"", self._seller_id}:
            raise unknown("other_account", "This is about another seller.")
        return data


def _receipt(order: Return) -> dict[str, str]:
    """Name what goes back. Alipay's number wins over ours: one code that two people paid has two of those."""
    names = {"out_trade_no": order.trade.attempt_no, "trade_no": order.trade.channel_trade_no}
    return {name: number for name, number in names.items() if number}

"""The UnionPay adapter: payments on UnionPay's page, their query, refunds, notifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import BinaryIO

from cashier.channels.base import (
    QUERY_TIMEOUT_S,
    REFUND_TIMEOUT_S,
    Created,
    Fact,
    Method,
    Notification,
    NotificationRefused,
    Outcome,
    Presentation,
    PresentationKind,
    Refusal,
    Reply,
    Return,
    Trade,
    Wiring,
)
from cashier.channels.beijing import midnight
from cashier.channels.bill_reading import Lines
from cashier.channels.trouble import Trouble, unknown
from cashier.channels.unionpay import codes, facts
from cashier.channels.unionpay.bill import fetch, read
from cashier.channels.unionpay.facts import time_of
from cashier.channels.unionpay.wire import Wire
from payhub.money import Money

DEADLINE_MARGIN = timedelta(seconds=60)  # clocks differ, and a payment made in the last second takes its time
PAY = {"txnType": "01", "txnSubType": "01", "bizType": "000201", "channelType": "07"}
REFUND = {"txnType": "04", "txnSubType": "00", "bizType": "000201", "channelType": "07"}
QUERY = {"txnType": "00", "txnSubType": "00", "bizType": "000201"}


class UnionPay:
    """One UnionPay merchant (gateway payment, 5.1.0)."""

    code = "unionpay"
    letter = "U"
    methods: Mapping[str, Method] = {
        "gateway": Method(
            code="gateway",
            letter="G",
            presentation=PresentationKind.FORM,
            code_lifetime_s=900,
            can_close=False,
            idempotent_create=False,
        ),
    }

    def __init__(self, wiring: Wiring) -> None:
        self._wire = Wire(wiring)
        self._now = wiring.now
        self._mer_id = wiring.settings["mer_id"]

    def create(self, trade: Trade) -> Created:
        """Return the signed form that the browser posts to UnionPay's page; nobody is called."""
        try:
            fields = PAY | {
                "orderId": trade.attempt_no,
                "txnTime": time_of(trade.created_at),
                "txnAmt": _fen(trade.amount),
                "currencyCode": facts.RENMINBI,
                "payTimeout": time_of(trade.expires_at),
                "frontUrl": trade.return_url,
                "backUrl": trade.notify_url,
            }
        except Trouble as trouble:
            return Created(fact=trouble.fact(trade.attempt_no))
        return Created(
            fact=Fact(outcome=Outcome.IN_PROGRESS, attempt_no=trade.attempt_no),
            presentation=Presentation(
                kind=PresentationKind.FORM,
                content=self._wire.address("frontTransReq"),
                fields=self._wire.signed(fields),
            ),
        )

    def query(self, trade: Trade) -> Fact:
        """Ask by number and time. Before the deadline nothing is an end: a declined shopper may try another card."""
        try:
            fact = self._query(trade.attempt_no, time_of(trade.created_at), trade.attempt_no)
        except Trouble as trouble:
            return trouble.fact(trade.attempt_no)
        if fact.outcome is Outcome.FAILED and self._now() < trade.expires_at + DEADLINE_MARGIN:
            return replace(fact, outcome=Outcome.IN_PROGRESS)
        return fact

    def close(self, trade: Trade) -> Fact:
        """Refuse: UnionPay closes nothing, the deadline does."""
        return Fact(outcome=Outcome.REFUSED, attempt_no=trade.attempt_no, code="cannot_close")

    def refund(self, order: Return) -> Fact:
        """Ask for money back. The answer means accepted at best; a repeat is refused as a duplicate: query."""
        attempt_no = order.trade.attempt_no
        try:
            fields = REFUND | {
                "orderId": order.refund_no,
                "txnTime": time_of(order.first_sent_at),
                "txnAmt": _fen(order.amount),
                "currencyCode": facts.RENMINBI,
                "backUrl": order.notify_url,
                "reqReserved": attempt_no,  # comes back with the notification, which does not name the payment
            }
            original = {"origOrderId": attempt_no, "origTxnTime": time_of(order.trade.created_at)}
            if order.trade.channel_trade_no:
                original = {"origQryId": order.trade.channel_trade_no}
            answer = self._wire.call("backTransReq", fields | original, timeout_s=REFUND_TIMEOUT_S)
            code = self._own(answer, order.refund_no)
        except Trouble as trouble:
            return trouble.fact(attempt_no, order.refund_no)
        return Fact(
            outcome=Outcome.IN_PROGRESS if code == codes.SUCCESS else codes.CALL.get(code, Outcome.UNKNOWN),
            attempt_no=attempt_no,
            refund_no=order.refund_no,
            channel_trade_no=answer.get("queryId", ""),
            code=code,
            message=answer.get("respMsg", ""),
            raw=facts.evidence(answer),
        )

    def query_refund(self, order: Return) -> Fact:
        """Ask what became of a refund, by its own number and time."""
        attempt_no = order.trade.attempt_no
        try:
            return self._query(order.refund_no, time_of(order.first_sent_at), attempt_no, order.refund_no)
        except Trouble as trouble:
            return trouble.fact(attempt_no, order.refund_no)

    def bill_starts_at(self, day: date) -> datetime:
        """Return 23:00 in Beijing on the evening before."""
        return midnight(day) - timedelta(hours=1)

    def fetch_bill(self, day: date, into: BinaryIO) -> bool:
        """Fetch the bill of a settlement day (23:00 to 23:00), from the next morning."""
        return fetch(self._wire, day, self._now(), into)

    def read_bill(self, file: BinaryIO, day: date) -> Lines:
        """Read the bill of a settlement day."""
        return read(self._mer_id, file, day)

    def read_notification(self, notification: Notification) -> Fact:
        """Authenticate and translate a notification of a payment or a refund."""
        form = self._wire.open(notification)
        number, code, message = form.get("orderId", ""), form.get("respCode", ""), form.get("respMsg", "")
        if not number:
            raise NotificationRefused(Refusal.MALFORMED)
        try:
            match form.get("txnType"):
                case "01":
                    return facts.of_state(form, code, message, attempt_no=number)
                case "04":
                    original = form.get("reqReserved", "")
                    return facts.of_state(form, code, message, attempt_no=original, refund_no=number)
        except Trouble as trouble:
            raise NotificationRefused(Refusal(trouble.code), trouble.message) from trouble
        raise NotificationRefused(Refusal.UNKNOWN_EVENT, form.get("txnType", ""))

    def accept(self) -> Reply:
        """Answer 200: UnionPay stops repeating."""
        return Reply(status=200, body=b"ok")

    def refuse(self, code: Refusal) -> Reply:
        """Answer 400, the same whatever the code: UnionPay repeats it, 5 sends within minutes."""
        return Reply(status=400, body=b"no")

    def _query(self, number: str, txn_time: str, attempt_no: str, refund_no: str = "") -> Fact:
        """Ask about a payment or refund; raise Trouble when the query itself failed. Its `origRespCode` decides."""
        fields = QUERY | {"orderId": number, "txnTime": txn_time}
        answer = self._wire.call("queryTrans", fields, timeout_s=QUERY_TIMEOUT_S)
        code = self._own(answer, number, txn_time)
        if code != codes.SUCCESS:
            raise Trouble(codes.CALL.get(code, Outcome.UNKNOWN), code or "malformed", answer.get("respMsg", ""))
        return facts.of_state(
            answer,
            answer.get("origRespCode", ""),
            answer.get("origRespMsg", ""),
            attempt_no=attempt_no,
            refund_no=refund_no,
        )

    def _own(self, answer: Mapping[str, str], number: str, txn_time: str = "") -> str:
        """Return the answer's code; raise Trouble when it is about another trade."""
        if answer.get("orderId") != number or (txn_time and answer.get("txnTime") != txn_time):
            raise unknown("other_account", "This is about another number.")
        return answer.get("respCode", "")


def _fen(amount: Money) -> str:
    if amount.currency != "CNY" or amount.minor <= 0:
        raise Trouble(Outcome.REFUSED, "currency", "UnionPay takes positive amounts in CNY only; nothing was sent.")
    return str(amount.minor)

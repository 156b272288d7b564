"""A whole channel in memory: its own books, every call of the Protocol, and faults that can be armed by call.

Its books are the truth that tests compare payhub with; it shares no rule with payhub's services.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import BinaryIO, Literal

from cashier.channels.base import (
    BillLine,
    BillNotReady,
    Channel,
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
    UnreadableLine,
    Wiring,
)
from cashier.channels.beijing import midnight
from payhub.db import refuse_open_transaction
from payhub.money import Money
from tests.played import bill

Call = Literal["create", "query", "close", "refund", "query_refund"]
Fault = Literal["timeout_before", "timeout_after", "refuse", "no_balance", "not_found", "lie", "crash_after", "paid"]
METHODS = {
    "qr": Method(code="qr", letter="Q", presentation=PresentationKind.QR, code_lifetime_s=900),
    "page": Method(code="page", letter="P", presentation=PresentationKind.REDIRECT, code_lifetime_s=900),
    "bank": Method(
        code="bank",
        letter="B",
        presentation=PresentationKind.FORM,
        code_lifetime_s=900,
        can_close=False,
        idempotent_create=False,
    ),
    "inapp": Method(
        code="inapp", letter="I", presentation=PresentationKind.BRIDGE, code_lifetime_s=900, needs_payer_id=True
    ),
}


class Killed(BaseException):
    """The calling process dies here, as by kill -9; the call has had its effect."""


@dataclass
class BookedRefund:
    """One refund in the channel's books."""

    amount: Money
    channel_trade_no: str = ""  # which receipt it was asked to return
    state: Literal["ACCEPTED", "RETURNED", "REFUSED"] = "ACCEPTED"


@dataclass
class BookedTrade:
    """One trade in the channel's books."""

    trade: Trade
    state: Literal["OPEN", "CLOSED", "DECLINED"] = "OPEN"
    receipts: dict[str, Money] = field(default_factory=dict)  # channel trade number -> collected
    refunds: dict[str, BookedRefund] = field(default_factory=dict)


class Books:
    """What really happened at one channel, and the faults that are armed."""

    def __init__(self, now: Callable[[], datetime] | None = None) -> None:
        self.trades: dict[str, BookedTrade] = {}
        self.calls: list[tuple[Call, str]] = []
        self.told_by_bill_only: set[str] = set()  # channel trade numbers
        self.refunds_are_final = True
        self.before: dict[Call, Callable[[], object]] = {}
        self.bills: dict[date, bytes | None] = {}  # None: the channel says that there were no trades
        self.bills_like: Channel | None = None  # its bills are of this true channel's day and format
        self._faults: dict[Call, list[Fault]] = {}
        self._lock = threading.RLock()

    def arm(self, call: Call, fault: Fault, times: int = 1) -> None:
        """Let the next calls of this kind go wrong."""
        self._faults.setdefault(call, []).extend([fault] * times)

    def heal(self) -> None:
        """Let nothing go wrong any more."""
        self._faults.clear()

    def called(self, call: Call, number: str) -> Fault | None:
        """Note a call; return the fault to play."""
        refuse_open_transaction(f"{call} {number}")  # as the real client does
        if call in self.before:
            self.before[call]()  # outside the lock: a test may hold the call here
        with self._lock:
            self.calls.append((call, number))
            armed = self._faults.get(call, [])
            return armed.pop(0) if armed else None

    def count(self, call: Call) -> int:
        """Tell how often a call was made."""
        return sum(1 for made, _ in self.calls if made == call)

    def open(self, trade: Trade) -> BookedTrade:
        """Book a trade; the same number again is the same trade."""
        with self._lock:
            return self.trades.setdefault(trade.attempt_no, BookedTrade(trade))

    def pay(
        self, attempt_no: str, *, minor: int | None = None, currency: str | None = None, anyway: bool = False
    ) -> str:
        """Somebody pays the number; return the channel's trade number.

        `anyway`: the channel breaks its word. It said that the number is dead or paid, so nobody asks it again: if the
        notification is lost, only the day's bill can tell.
        """
        with self._lock:
            booked = self.trades[attempt_no]
            breaks_its_word = booked.state != "OPEN" or bool(booked.receipts)
            if breaks_its_word and not anyway:
                raise ValueError(f"{attempt_no} cannot be paid: {booked.state}")
            amount = booked.trade.amount
            number = f"CH{len(self.trades):04}{attempt_no[-6:]}{len(booked.receipts)}"
            if breaks_its_word:
                self.told_by_bill_only.add(number)
            booked.receipts[number] = Money(minor or amount.minor, currency or amount.currency)
            return number

    def expire(self, now: datetime) -> None:
        """Close by itself what was not paid by its deadline, as a channel with a hard expiry does."""
        with self._lock:
            for booked in self.trades.values():
                if booked.state == "OPEN" and not booked.receipts and now >= booked.trade.expires_at:
                    booked.state = "CLOSED"

    def payable(self) -> set[str]:
        """Return the numbers that somebody could pay now."""
        with self._lock:
            return {no for no, booked in self.trades.items() if booked.state == "OPEN" and not booked.receipts}

    def collected(self) -> int:
        """Tell how much was collected in all, less what was returned, in minor units."""
        with self._lock:
            booked = list(self.trades.values())
        received = sum(money.minor for trade in booked for money in trade.receipts.values())
        returned = sum(r.amount.minor for trade in booked for r in trade.refunds.values() if r.state == "RETURNED")
        return received - returned

    def notification(self, attempt_no: str, channel_trade_no: str = "") -> Notification:
        """Make the message that tells payhub of a payment."""
        receipts = self.trades[attempt_no].receipts
        number = channel_trade_no or next(iter(receipts))
        body = {
            "attempt_no": attempt_no,
            "trade_no": number,
            "minor": receipts[number].minor,
            "currency": receipts[number].currency,
        }
        return Notification(headers={"x-signed": "yes"}, body=json.dumps(body).encode())

    def refund_notification(self, attempt_no: str, refund_no: str) -> Notification:
        """Make the message that tells payhub of a refund's end."""
        refund = self.trades[attempt_no].refunds[refund_no]
        body = {
            "attempt_no": attempt_no,
            "refund_no": refund_no,
            "returned": refund.state == "RETURNED",
            "minor": refund.amount.minor,
            "currency": refund.amount.currency,
        }
        return Notification(headers={"x-signed": "yes"}, body=json.dumps(body).encode())


class PlayedChannel:
    """The adapter's side of `Books`."""

    methods: Mapping[str, Method] = METHODS

    def __init__(self, books: Books, code: str, letter: str, wiring: Wiring) -> None:
        self.books, self.code, self.letter = books, code, letter
        self.wiring = wiring

    def create(self, trade: Trade) -> Created:
        fault = self.books.called("create", trade.attempt_no)
        if fault == "timeout_before":
            return Created(fact=self._fact(Outcome.UNKNOWN, trade))
        if fault == "refuse":
            return Created(fact=self._fact(Outcome.REFUSED, trade, code="SIGN_ERROR"))
        booked = self.books.open(trade)
        if fault == "crash_after":
            raise Killed
        if fault == "paid":  # as a charge without a page of its own may be
            number = self.books.pay(trade.attempt_no)
            return Created(fact=self._fact(Outcome.PAID, trade, amount=trade.amount, channel_trade_no=number))
        if fault == "timeout_after" or booked.state != "OPEN" or booked.receipts:
            return Created(fact=self._fact(Outcome.UNKNOWN, trade))
        kind = self.methods[trade.method].presentation
        return Created(
            fact=self._fact(Outcome.IN_PROGRESS, trade, memo={"opened": "1"}),
            presentation=Presentation(
                kind=kind,
                content=f"http://127.0.0.1/played/{trade.attempt_no}",
                fields={"package": f"prepay_id={trade.attempt_no}"} if kind is PresentationKind.BRIDGE else {},
            ),
        )

    def query(self, trade: Trade) -> Fact:
        fault = self.books.called("query", trade.attempt_no)
        if fault in {"timeout_before", "timeout_after"}:
            return self._fact(Outcome.UNKNOWN, trade)
        booked = self.books.trades.get(trade.attempt_no)
        if booked is None or fault == "not_found":
            return self._fact(Outcome.NOT_FOUND, trade)
        if fault == "lie":
            return self._fact(Outcome.IN_PROGRESS, trade)
        if booked.receipts:
            number, amount = next(iter(booked.receipts.items()))
            return self._fact(Outcome.PAID, trade, amount=amount, channel_trade_no=number)
        state = {"OPEN": Outcome.IN_PROGRESS, "CLOSED": Outcome.CLOSED, "DECLINED": Outcome.FAILED}
        return self._fact(state[booked.state], trade)

    def close(self, trade: Trade) -> Fact:
        fault = self.books.called("close", trade.attempt_no)
        if fault == "timeout_before":
            return self._fact(Outcome.UNKNOWN, trade)
        if fault == "lie":
            return self._fact(Outcome.CLOSED, trade)
        booked = self.books.trades.get(trade.attempt_no)
        if booked is None:
            return self._fact(Outcome.NOT_FOUND, trade)
        if booked.receipts:
            return self._fact(Outcome.UNKNOWN, trade, code="ORDERPAID")
        booked.state = "CLOSED"
        if fault == "crash_after":
            raise Killed
        return self._fact(Outcome.UNKNOWN if fault == "timeout_after" else Outcome.CLOSED, trade)

    def refund(self, order: Return) -> Fact:
        fault = self.books.called("refund", order.refund_no)
        if fault == "timeout_before":
            return self._refund_fact(Outcome.UNKNOWN, order)
        if fault == "refuse":
            return self._refund_fact(Outcome.FAILED, order, code="CARD_GONE")
        if fault == "no_balance":
            return self._refund_fact(Outcome.REFUSED, order, code="NOT_ENOUGH")
        booked = self.books.trades[order.trade.attempt_no]
        refund = booked.refunds.setdefault(order.refund_no, BookedRefund(order.amount, order.trade.channel_trade_no))
        if refund.state != "RETURNED":  # a refused one that is sent again is tried again
            refund.state = "RETURNED" if self.books.refunds_are_final else "ACCEPTED"
        if fault == "crash_after":
            raise Killed
        if fault == "timeout_after":
            return self._refund_fact(Outcome.UNKNOWN, order)
        return self._refund_answer(refund, order)

    def query_refund(self, order: Return) -> Fact:
        fault = self.books.called("query_refund", order.refund_no)
        if fault in {"timeout_before", "timeout_after"}:
            return self._refund_fact(Outcome.UNKNOWN, order)
        refund = self.books.trades[order.trade.attempt_no].refunds.get(order.refund_no)
        return self._refund_fact(Outcome.NOT_FOUND, order) if refund is None else self._refund_answer(refund, order)

    def read_notification(self, notification: Notification) -> Fact:
        if notification.headers.get("x-signed") != "yes":
            raise NotificationRefused(Refusal.BAD_SIGNATURE)
        said = json.loads(notification.body)
        is_return = "refund_no" in said
        return Fact(
            outcome=Outcome.PAID if said.get("returned", True) else Outcome.FAILED,
            attempt_no=said["attempt_no"],
            refund_no=said["refund_no"] if is_return else "",
            amount=Money(said["minor"], said["currency"]),
            channel_trade_no="" if is_return else said["trade_no"],
        )

    def accept(self) -> Reply:
        return Reply(status=200, body=b"ok")

    def refuse(self, code: Refusal) -> Reply:
        return Reply(status=401, body=b"no")

    def bill_starts_at(self, day: date) -> datetime:
        return self.books.bills_like.bill_starts_at(day) if self.books.bills_like else midnight(day)

    def fetch_bill(self, day: date, into: BinaryIO) -> bool:
        if day not in self.books.bills:
            raise BillNotReady("The bill is not made yet.")
        content = self.books.bills[day]
        into.write(content or b"")
        return content is not None

    def read_bill(self, file: BinaryIO, day: date) -> Iterator[BillLine | UnreadableLine]:
        return self.books.bills_like.read_bill(file, day) if self.books.bills_like else bill.read(file, day)

    def _refund_answer(self, refund: BookedRefund, order: Return) -> Fact:
        if refund.state == "RETURNED":
            return self._refund_fact(Outcome.PAID, order, amount=refund.amount)
        outcome = Outcome.FAILED if refund.state == "REFUSED" else Outcome.IN_PROGRESS
        return self._refund_fact(outcome, order)

    def _fact(
        self,
        outcome: Outcome,
        trade: Trade,
        *,
        amount: Money | None = None,
        channel_trade_no: str = "",
        code: str = "",
        memo: Mapping[str, str] | None = None,
    ) -> Fact:
        return Fact(
            outcome=outcome,
            attempt_no=trade.attempt_no,
            amount=amount,
            channel_trade_no=channel_trade_no,
            code=code,
            memo=memo or {},
        )

    def _refund_fact(self, outcome: Outcome, order: Return, *, amount: Money | None = None, code: str = "") -> Fact:
        return Fact(
            outcome=outcome,
            attempt_no=order.trade.attempt_no,
            refund_no=order.refund_no,
            amount=amount,
            code=code,
        )

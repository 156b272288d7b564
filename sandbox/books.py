"""What the channels have in their books: trades, payments (one for each time somebody's money moved), refunds."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sandbox.store import Store


class TradeState(StrEnum):
    """How a trade stands; each channel has its own words for it."""

    NEW = "NEW"  #: A code or page exists, the channel does not know the trade yet (Alipay, UnionPay).
    OPEN = "OPEN"
    PAID = "PAID"
    CLOSED = "CLOSED"
    LAPSED = "LAPSED"  #: The code ran out before a trade came into being.


class RefundState(StrEnum):
    """How a refund stands."""

    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    ABNORMAL = "ABNORMAL"  #: The payer's card is gone; the money waits at the channel.
    CLOSED = "CLOSED"  #: Refused for good; the money stays with the merchant.


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One order at one channel. Times are epoch seconds of the books' clock."""

    id: int = 0
    channel: str
    method: str
    out_trade_no: str
    txn_time: str = ""  #: UnionPay: part of the trade's identity.
    token: str  #: The last part of its pay page's address.
    trade_no: str = ""  #: The channel's number, where it exists before the payment does.
    amount_minor: int
    currency: str
    title: str
    notify_url: str
    return_url: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)  #: What was asked for, to tell a repeat from a change.
    state: TradeState
    buyer: str = ""  #: Who scanned or logged in.
    created_at: float
    code_until: float  #: When the code or page stops working.
    expires_at: float  #: When the trade closes by itself.
    closed_at: float | None = None
    declines: int = 0
    second_payment: bool = False  #: Another person may pay it once more.


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that one person really paid."""

    id: int = 0
    trade_id: int
    trade_no: str  #: transaction_id, trade_no, queryId, charge …
    payer: str
    amount_minor: int
    paid_at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Money on its way back to the person who paid it."""

    id: int = 0
    channel: str
    trade_id: int
    payment_id: int
    kind: str = "refund"
    out_refund_no: str
    txn_time: str = ""
    refund_no: str
    amount_minor: int
    state: RefundState
    reason: str = ""
    notify_url: str = ""
    request: Mapping[str, Any] = field(default_factory=dict)
    created_at: float
    due_at: float | None  #: When it settles by itself; None: by hand only, or settled.
    settled_at: float | None = None


def _trade(row: sqlite3.Row) -> Trade:
    fields = dict(row)
    fields["request"] = json.loads(fields["request"])
    fields["state"] = TradeState(fields["state"])
    fields["second_payment"] = bool(fields["second_payment"])
    return Trade(**fields)


def _refund(row: sqlite3.Row) -> Refund:
    fields = dict(row)
    fields["request"] = json.loads(fields["request"])
    fields["state"] = RefundState(fields["state"])
    return Refund(**fields)


class Books:
    """Finds and writes trades, payments and refunds. Decides nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store

    # -- trades

    def add_trade(self, trade: Trade) -> Trade:
        """This function will enter a new trade and give it with its id; a lapsed one of the same number is replaced."""
        self._store.run(
            "DELETE FROM trade WHERE channel = ? AND out_trade_no = ? AND txn_time = ? AND state = 'LAPSED'",
            trade.channel, trade.out_trade_no, trade.txn_time,
        )  # fmt: skip
        trade_id = self._store.run(
            "INSERT INTO trade (channel, method, out_trade_no, txn_time, token, trade_no, amount_minor, currency, title,"
            " notify_url, return_url, request, state, buyer, created_at, code_until, expires_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            trade.channel, trade.method, trade.out_trade_no, trade.txn_time, trade.token, trade.trade_no,
            trade.amount_minor, trade.currency, trade.title, trade.notify_url, trade.return_url,
            json.dumps(trade.request), trade.state, trade.buyer, trade.created_at, trade.code_until, trade.expires_at,
        )  # fmt: skip
        return self.trade_by_id(trade_id)

    def update_trade(self, trade: Trade) -> None:
        """This function will write back what can change of a trade."""
        self._store.run(
            "UPDATE trade SET trade_no = ?, request = ?, state = ?, buyer = ?, code_until = ?, closed_at = ?,"
            " declines = ?, second_payment = ? WHERE id = ?",
            trade.trade_no, json.dumps(trade.request), trade.state, trade.buyer, trade.code_until, trade.closed_at,
            trade.declines, trade.second_payment, trade.id,
        )  # fmt: skip

    def trade_by_id(self, trade_id: int) -> Trade:
        """This function will give a trade that must exist; raise LookupError otherwise."""
        row = self._store.one("SELECT * FROM trade WHERE id = ?", trade_id)
        if row is None:
            raise LookupError(trade_id)
        return _trade(row)

    def trade(self, channel: str, out_trade_no: str, txn_time: str | None = None) -> Trade | None:
        """This function will find a trade by the merchant's number; without txn_time the newest of that number."""
        row = self._store.one(
            "SELECT * FROM trade WHERE channel = ? AND out_trade_no = ? AND (? IS NULL OR txn_time = ?)"
            " ORDER BY id DESC LIMIT 1",
            channel, out_trade_no, txn_time, txn_time,
        )  # fmt: skip
        return None if row is None else _trade(row)

    def trade_by_token(self, channel: str, token: str) -> Trade | None:
        """This function will find the trade whose pay page has this address."""
        row = self._store.one("SELECT * FROM trade WHERE channel = ? AND token = ?", channel, token)
        return None if row is None else _trade(row)

    def trade_by_trade_no(self, channel: str, trade_no: str) -> Trade | None:
        """This function will find a trade by the channel's number of it or of one of its payments."""
        row = self._store.one(
            "SELECT * FROM trade WHERE channel = ? AND ((trade_no <> '' AND trade_no = ?)"
            " OR id IN (SELECT trade_id FROM payment WHERE trade_no = ?))",
            channel, trade_no, trade_no,
        )  # fmt: skip
        return None if row is None else _trade(row)

    def trades(self, channel: str = "", out_trade_no: str = "", limit: int = 100) -> list[Trade]:
        """This function will list the newest trades first."""
        rows = self._store.rows(
            "SELECT * FROM trade WHERE (? = '' OR channel = ?) AND (? = '' OR out_trade_no = ?)"
            " ORDER BY id DESC LIMIT ?",
            channel, channel, out_trade_no, out_trade_no, limit,
        )  # fmt: skip
        return [_trade(row) for row in rows]

    def expire_now(self, trade: Trade, now: float) -> None:
        """This function will move a trade's deadline to now."""
        self._store.run("UPDATE trade SET expires_at = MIN(expires_at, ?) WHERE id = ?", now, trade.id)

    def overdue_trades(self, now: float) -> list[Trade]:
        """This function will list the unpaid trades whose time is over."""
        rows = self._store.rows(
            "SELECT * FROM trade WHERE state IN ('NEW', 'OPEN') AND expires_at <= ? ORDER BY id", now
        )
        return [_trade(row) for row in rows]

    # -- payments

    def add_payment(self, payment: Payment) -> Payment:
        """This function will enter a payment and give it with its id."""
        payment_id = self._store.run(
            "INSERT INTO payment (trade_id, trade_no, payer, amount_minor, paid_at) VALUES (?, ?, ?, ?, ?)",
            payment.trade_id, payment.trade_no, payment.payer, payment.amount_minor, payment.paid_at,
        )  # fmt: skip
        return self.payment(payment_id)

    def payment(self, payment_id: int) -> Payment:
        """This function will give a payment that must exist; raise LookupError otherwise."""
        row = self._store.one("SELECT * FROM payment WHERE id = ?", payment_id)
        if row is None:
            raise LookupError(payment_id)
        return Payment(**dict(row))

    def payments(self, trade: Trade) -> list[Payment]:
        """This function will list a trade's payments, the first one first."""
        rows = self._store.rows("SELECT * FROM payment WHERE trade_id = ? ORDER BY id", trade.id)
        return [Payment(**dict(row)) for row in rows]

    def everything_paid(self, channel: str) -> list[tuple[Trade, Payment]]:
        """This function will list every payment with its trade, the oldest first; channel "": of all channels."""
        rows = self._store.rows(
            "SELECT * FROM trade WHERE (? = '' OR channel = ?) AND id IN (SELECT trade_id FROM payment)",
            channel,
            channel,
        )
        trades = {row["id"]: _trade(row) for row in rows}
        payments = [Payment(**dict(row)) for row in self._store.rows("SELECT * FROM payment ORDER BY id")]
        return [(trades[payment.trade_id], payment) for payment in payments if payment.trade_id in trades]

    def forget_success(self, trade: Trade) -> None:
        """This function will make the books as if nothing had been paid or returned yet (to be undone afterwards)."""
        self._store.run("UPDATE refund SET state = 'PROCESSING', settled_at = NULL WHERE trade_id = ?", trade.id)
        if not self._store.rows("SELECT 1 FROM refund WHERE trade_id = ?", trade.id):
            self._store.run("DELETE FROM payment WHERE trade_id = ?", trade.id)
            self._store.run("UPDATE trade SET state = 'OPEN' WHERE id = ? AND state = 'PAID'", trade.id)

    # -- refunds

    def add_refund(self, refund: Refund) -> Refund:
        """This function will enter a refund and give it with its id."""
        refund_id = self._store.run(
            "INSERT INTO refund (channel, trade_id, payment_id, kind, out_refund_no, txn_time, refund_no, amount_minor,"
            " state, reason, notify_url, request, created_at, due_at, settled_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            refund.channel, refund.trade_id, refund.payment_id, refund.kind, refund.out_refund_no, refund.txn_time,
            refund.refund_no, refund.amount_minor, refund.state, refund.reason, refund.notify_url,
            json.dumps(refund.request), refund.created_at, refund.due_at, refund.settled_at,
        )  # fmt: skip
        row = self._store.one("SELECT * FROM refund WHERE id = ?", refund_id)
        if row is None:
            raise LookupError(refund_id)
        return _refund(row)

    def update_refund(self, refund: Refund) -> None:
        """This function will write back how a refund stands."""
        self._store.run(
            "UPDATE refund SET state = ?, due_at = ?, settled_at = ? WHERE id = ?",
            refund.state, refund.due_at, refund.settled_at, refund.id,
        )  # fmt: skip

    def refund(
        self, channel: str, out_refund_no: str, trade: Trade | None = None, txn_time: str | None = None
    ) -> Refund | None:
        """This function will find a refund by the merchant's number, of one trade or of the whole channel."""
        trade_id = trade and trade.id
        row = self._store.one(
            "SELECT * FROM refund WHERE channel = ? AND out_refund_no = ? AND (? IS NULL OR trade_id = ?)"
            " AND (? IS NULL OR txn_time = ?) ORDER BY id DESC LIMIT 1",
            channel, out_refund_no, trade_id, trade_id, txn_time, txn_time,
        )  # fmt: skip
        return None if row is None else _refund(row)

    def refund_by_refund_no(self, channel: str, refund_no: str) -> Refund | None:
        """This function will find a refund by the channel's own number."""
        row = self._store.one("SELECT * FROM refund WHERE channel = ? AND refund_no = ?", channel, refund_no)
        return None if row is None else _refund(row)

    def refunds(self, trade: Trade) -> list[Refund]:
        """This function will list a trade's refunds, the first one first."""
        return [
            _refund(row) for row in self._store.rows("SELECT * FROM refund WHERE trade_id = ? ORDER BY id", trade.id)
        ]

    def everything_returned(self, channel: str) -> list[Refund]:
        """This function will list every refund of a channel, the oldest first."""
        return [_refund(row) for row in self._store.rows("SELECT * FROM refund WHERE channel = ? ORDER BY id", channel)]

    def overdue_refunds(self, now: float) -> list[Refund]:
        """This function will list the refunds that settle by themselves now."""
        rows = self._store.rows(
            "SELECT * FROM refund WHERE state = 'PROCESSING' AND due_at IS NOT NULL AND due_at <= ? ORDER BY id", now
        )
        return [_refund(row) for row in rows]

    def returned_minor(self, payment: Payment) -> int:
        """This function will give what is returned, or on its way back, of a payment."""
        row = self._store.one(
            "SELECT COALESCE(SUM(amount_minor), 0) AS total FROM refund WHERE payment_id = ? AND state <> 'CLOSED'",
            payment.id,
        )
        return 0 if row is None else int(row["total"])

    def next_due(self) -> float | None:
        """This function will give the books' time at which the next trade or refund changes by itself."""
        row = self._store.one(
            "SELECT MIN(at) AS at FROM (SELECT MIN(expires_at) AS at FROM trade WHERE state IN ('NEW', 'OPEN')"
            " UNION ALL SELECT MIN(due_at) FROM refund WHERE state = 'PROCESSING')"
        )
        return None if row is None else row["at"]

"""What a channel's bill says of some time: the books' lines, spoiled by the bill faults that are set.

Every channel writes the same lines in its own format, and none corrects a bill that it has given out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from sandbox import beijing
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box

FEE_PER_MILLE = 6
STRIPE_PER_MILLE, STRIPE_FIXED_MINOR = 29, 30
READY_AFTER_S = 10 * 3600  # bills are ready at 10:00 on the next day


class LineKind(StrEnum):
    """Which way the money went."""

    PAYMENT = "payment"
    REFUND = "refund"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a bill. Amounts are positive, also of refunds."""

    kind: LineKind
    entry: str = "payment"  #: payment, or what kind of refund it is: refund, undo, cancel, automatic.
    at: float
    ordered_at: float
    out_trade_no: str
    txn_time: str = ""
    trade_no: str
    out_refund_no: str = ""
    refund_no: str = ""
    amount_minor: int
    currency: str
    fee_minor: int
    payer: str
    method: str
    title: str
    attach: str = ""
    refund_state: str = ""


class FaultKind(StrEnum):
    """How a bill can be wrong."""

    MISSING = "missing"  #: The lines of this number are left out.
    AMOUNT = "amount"  #: The lines of this number have another amount.
    DUPLICATE = "duplicate"  #: The lines of this number stand there twice.
    EXTRA = "extra"  #: A line of `day` for a number that nobody paid.
    NOT_READY = "not_ready"  #: There is no bill of `day` yet.
    DAMAGED = "damaged"  #: The file of `day` is cut off (and its checksum is that of the whole one).


class UnknownBillFault(ValueError):
    """The bill fault makes no sense."""


class BillFaults:
    """The bill faults that are set; they last until they are taken away."""

    def __init__(self, box: Box) -> None:
        self._box = box

    def add(self, spec: Mapping[str, Any]) -> int:
        """This function will set a fault: channel, kind, and what the kind needs; raise UnknownBillFault."""
        kind, channel = str(spec.get("kind", "")), str(spec.get("channel", ""))
        number, day = str(spec.get("out_trade_no", "")), str(spec.get("day", ""))
        if kind not in set(FaultKind) or channel not in self._box.clerks:
            raise UnknownBillFault(f"channel is one of {sorted(self._box.clerks)}, kind one of {[*FaultKind]}.")
        needs_day = kind in (FaultKind.EXTRA, FaultKind.NOT_READY, FaultKind.DAMAGED)
        if (needs_day and not day) or (kind not in (FaultKind.NOT_READY, FaultKind.DAMAGED) and not number):
            raise UnknownBillFault(
                "missing, amount and duplicate need out_trade_no; not_ready and damaged need day; extra both."
            )
        return self._box.store.run(
            "INSERT INTO bill_fault (channel, kind, day, out_trade_no, amount_minor) VALUES (?, ?, ?, ?, ?)",
            channel, kind, day, number, int(spec.get("amount_minor", 1)),
        )  # fmt: skip

    def listed(self, channel: str = "") -> list[dict[str, Any]]:
        """This function will list what is set."""
        rows = self._box.store.rows(
            "SELECT * FROM bill_fault WHERE ? = '' OR channel = ? ORDER BY id", channel, channel
        )
        return [dict(row) for row in rows]

    def remove(self, fault_id: int | None = None) -> None:
        """This function will take one fault away, or all."""
        self._box.store.run("DELETE FROM bill_fault WHERE ? IS NULL OR id = ?", fault_id, fault_id)

    def is_set(self, channel: str, kind: FaultKind, day: str) -> bool:
        """This function will tell whether a fault of a whole day is set."""
        return any(fault["kind"] == kind and fault["day"] == day for fault in self.listed(channel))


def true_lines(box: Box, channel: str, begin: float, end: float) -> list[Line]:
    """This function will give the lines of begin <= at < end as the books have them, in the order of their time."""
    lines = [line for line in _payments(box, channel) + _refunds(box, channel) if begin <= line.at < end]
    return sorted(lines, key=lambda line: (line.at, line.trade_no, line.refund_no))


def lines(box: Box, channel: str, begin: float, end: float) -> list[Line]:
    """This function will give the lines as the bill has them: with every fault that is set."""
    found = true_lines(box, channel, begin, end)
    for fault in BillFaults(box).listed(channel):
        found = _spoiled(found, fault, begin, end)
    return found


def _spoiled(found: list[Line], fault: Mapping[str, Any], begin: float, end: float) -> list[Line]:
    number, kind = fault["out_trade_no"], fault["kind"]
    meant = [line for line in found if line.out_trade_no == number]
    if kind == FaultKind.MISSING:
        return [line for line in found if line.out_trade_no != number]
    if kind == FaultKind.DUPLICATE:
        return found + meant
    if kind == FaultKind.AMOUNT:
        return [replace(line, amount_minor=fault["amount_minor"]) if line in meant else line for line in found]
    if kind == FaultKind.EXTRA:
        noon = beijing.parse_spaced(f"{fault['day']} 12:00:00")
        return [*found, _stranger(number, fault["amount_minor"], noon)] if begin <= noon < end else found
    return found  # the other faults are of the file


def _stranger(number: str, amount_minor: int, at: float) -> Line:
    return Line(
        kind=LineKind.PAYMENT,
        at=at,
        ordered_at=at,
        out_trade_no=number,
        txn_time=beijing.digits(at),
        trade_no=f"{beijing.digits(at)}0000000",
        amount_minor=amount_minor,
        currency="CNY",
        fee_minor=0,
        payer="somebody",
        method="",
        title="",
    )


def fee_minor(channel: str, amount_minor: int) -> int:
    """This function will give the channel's fee, rounded half up."""
    if channel == "stripe":
        return (amount_minor * STRIPE_PER_MILLE + 500) // 1000 + STRIPE_FIXED_MINOR
    return (amount_minor * FEE_PER_MILLE + 500) // 1000


def _payments(box: Box, channel: str) -> list[Line]:
    return [_payment_line(trade, payment) for trade, payment in box.books.everything_paid(channel)]


def _payment_line(trade: Trade, payment: Payment) -> Line:
    return Line(
        kind=LineKind.PAYMENT,
        at=payment.paid_at,
        ordered_at=trade.created_at,
        out_trade_no=trade.out_trade_no,
        txn_time=trade.txn_time,
        trade_no=payment.trade_no,
        amount_minor=payment.amount_minor,
        currency=trade.currency,
        fee_minor=fee_minor(trade.channel, payment.amount_minor),
        payer=payment.payer,
        method=trade.method,
        title=trade.title,
        attach=str(trade.request.get("attach") or trade.request.get("reqReserved") or ""),
    )


def _refunds(box: Box, channel: str) -> list[Line]:
    found = []
    originals = {payment.id: _payment_line(trade, payment) for trade, payment in box.books.everything_paid(channel)}
    for entry in box.books.everything_returned(channel):
        at = entry.created_at if channel in ("wechat", "stripe") else entry.settled_at
        happened = channel == "wechat" or entry.state is not RefundState.CLOSED
        if happened and at is not None:
            found.append(_refund_line(originals[entry.payment_id], entry, at))
    return found


def _refund_line(original: Line, entry: Refund, at: float) -> Line:
    return replace(
        original,
        kind=LineKind.REFUND,
        entry=entry.kind,
        at=at,
        txn_time=entry.txn_time,
        out_refund_no=entry.out_refund_no,
        refund_no=entry.refund_no,
        amount_minor=entry.amount_minor,
        fee_minor=0,
        refund_state=entry.state.value,
    )


def day_of(text: str, begins_at_s: float = 0) -> tuple[float, float]:
    """This function will give begin and end of a day yyyy-MM-dd in Beijing, which may begin earlier or later than
    midnight; raise ValueError."""
    begin = beijing.parse_spaced(f"{text} 00:00:00") + begins_at_s
    return begin, begin + 86400


def shown(line: Line) -> dict[str, Any]:
    """This function will give a line for the control API."""
    return asdict(line)

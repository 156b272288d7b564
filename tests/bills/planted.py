"""Days whose bills are wrong in every way that a bill can be, by a seed: what was planted is what has to be found.

A day is sold and returned through payhub's own doors; its true bill is spoiled line by line, or as a whole file.
"""

from __future__ import annotations

import random  # noqa: TID251 - a seeded chance of its own
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cashier.channels.base import Channel
from tests.bills import alipay, stripe, unionpay, wechat
from tests.bills.row import Row, Writer
from tests.channels.counterparts.alipay import AlipaySide
from tests.channels.counterparts.stripe import StripeSide
from tests.channels.counterparts.unionpay import UnionPaySide
from tests.channels.counterparts.wechat import WeChatSide

Chance = random.Random
Finding = tuple[str, str, str, str]  # bucket, state, attempt number, refund number


@dataclass(frozen=True)
class Format:
    """A channel's true format: who reads it, and an independent hand that writes it."""

    name: str
    reader: Callable[[], Channel]
    write: Writer
    other_account: str = ""  # empty: the file names no account
    other_encoding: str = "utf-16"
    names_currency: bool = False


FORMATS = [
    Format("wechat", lambda: WeChatSide().channel, wechat.bill, "1900000002", "gb18030", names_currency=True),
    Format("alipay", lambda: AlipaySide().channel, alipay.bill, "2088000000000002"),
    Format("unionpay", lambda: UnionPaySide().channel, unionpay.bill, "777290000000002"),
    Format("stripe", lambda: StripeSide().channel, stripe.bill, names_currency=True),
]


@dataclass
class Day:
    """A day's true bill and what is planted in it."""

    chance: random.Random
    rows: list[Row | None] = field(default_factory=list)
    expected: list[Finding] = field(default_factory=list)

    def expects(self, bucket: str, row: Row | None = None, state: str = "OPEN") -> None:
        """One more thing has to be found."""
        self.expected.append((bucket, state, row.attempt_no if row else "", row.refund_no if row else ""))

    def put(self, row: Row | None) -> None:
        """One more line, anywhere."""
        self.rows.insert(self.chance.randrange(len(self.rows) + 1), row)

    def spoil(self, row: Row, bucket: str, **changes: object) -> None:
        """Write a line otherwise than it is true."""
        self.put(replace(row, **changes))  # type: ignore[arg-type]
        self.expects(bucket, row)


def _twice(day: Day, row: Row) -> None:
    day.put(row)
    day.put(row)
    day.expects("DUPLICATE", row)


def _extra(day: Day, sale: Row) -> None:
    stranger = replace(sale, attempt_no=f"Z{sale.attempt_no[1:]}", trade_no=f"9{sale.trade_no[1:]}")
    day.put(sale)
    day.put(stranger)
    day.expects("CHANNEL_ONLY", stranger)


def _second_receipt(day: Day, sale: Row) -> None:
    day.put(sale)
    day.put(replace(sale, trade_no=f"8{sale.trade_no[1:]}"))
    day.expects("CHANNEL_ONLY", sale, "SETTLED")  # surplus, which goes back


def _returned_by_hand(day: Day, refund: Row) -> None:
    by_hand = replace(refund, refund_no=f"HAND{refund.refund_no[4:]}", minor=7)
    day.put(refund)
    day.put(by_hand)
    day.expects("CHANNEL_ONLY", by_hand)


def _unreadable(day: Day, sale: Row) -> None:
    day.put(sale)
    day.put(None)
    day.expects("UNREADABLE")


def _missing(day: Day, row: Row) -> None:
    day.expects("LOCAL_ONLY", row)


# Each gets a payment of its own, or a refund of its own; the other line stands there as it is true.
OF_A_PAYMENT: dict[str, Callable[[Day, Row], None]] = {
    "missing": _missing,
    "extra": _extra,
    "amount": lambda day, sale: day.spoil(sale, "AMOUNT", minor=sale.minor + day.chance.choice([-1, 1, 100])),
    "duplicate line": _twice,
    "fee": lambda day, sale: day.spoil(sale, "FEE", fee_minor=sale.fee_minor + 2 + day.chance.randrange(50)),
    "paid twice": _second_receipt,
    "unreadable line": _unreadable,
}
OF_A_REFUND: dict[str, Callable[[Day, Row], None]] = {
    "refund missing": _missing,
    "refund twice": _twice,
    "refund amount": lambda day, refund: day.spoil(refund, "AMOUNT", minor=refund.minor - 1),
    "refund by hand": _returned_by_hand,
}
IN_ONE_CURRENCY = {
    "currency": lambda day, sale: day.spoil(sale, "CURRENCY", currency="HKD"),
}


@dataclass(frozen=True)
class WrongFile:
    """A file that is wrong as a whole."""

    name: str
    write: Callable[[Format, Sequence[Row | None], date], bytes]


def _whole(form: Format, rows: Sequence[Row | None], day: date, **changes: object) -> bytes:
    return b"".join(form.write(rows, day, **changes))  # type: ignore[arg-type]


def _of_another_day(form: Format, rows: Sequence[Row | None], day: date) -> bytes:
    away = timedelta(days=9)
    return _whole(form, [replace(row, at=row.at - away) for row in rows if row is not None], day - away)


def _truncated(form: Format, rows: Sequence[Row | None], day: date) -> bytes:
    whole = _whole(form, rows, day)
    return whole[: len(whole) * 2 // 3]


WRONG_FILES = [
    WrongFile("truncated", _truncated),
    WrongFile("wrong trailer", lambda form, rows, day: _whole(form, rows, day, more_paid_minor=1)),
    WrongFile("wrong encoding", lambda form, rows, day: _whole(form, rows, day, encoding=form.other_encoding)),
    WrongFile("wrong account", lambda form, rows, day: _whole(form, rows, day, account=form.other_account)),
    WrongFile("wrong day", _of_another_day),
]

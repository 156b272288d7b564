"""One line of a bill to be written, whatever the format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from typing import Protocol

BEIJING = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Row:
    """A payment; with `refund_no`: a refund."""

    attempt_no: str
    minor: int
    trade_no: str
    at: datetime
    fee_minor: int = 0
    refund_no: str = ""
    currency: str = "CNY"


class Writer(Protocol):
    """Writes a day's bill, piece by piece. A row that is None is written so that nobody can read it."""

    def __call__(
        self,
        rows: Iterable[Row | None],
        day: date,
        *,
        account: str = "",
        more_paid_minor: int = 0,
        encoding: str = "",
    ) -> Iterator[bytes]:
        """`account` and `encoding` other than the format's own, and totals that are wrong by `more_paid_minor`."""


def yuan(minor: int) -> str:
    """Write an amount."""
    sign, minor = "-" if minor < 0 else "", abs(minor)
    return f"{sign}{minor // 100}.{minor % 100:02}"


def sums(rows: Iterable[Row | None]) -> tuple[int, int]:
    """Return what the rows say was paid, and what went back."""
    known = [row for row in rows if row is not None]
    return sum(r.minor for r in known if not r.refund_no), sum(r.minor for r in known if r.refund_no)

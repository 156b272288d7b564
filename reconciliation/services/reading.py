"""Reading a bill to its end, with what its reader cannot know: whether it is the day's, and whether it is one at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from cashier.public import BillLine, BillUnusable, UnreadableLine, read_bill
from reconciliation.models import Bill

NEAR = timedelta(hours=2)  # a channel's day may be cut an hour off, and a clock may be wrong


@dataclass(slots=True)
class Seen:
    """What came by."""

    lines: int = 0
    unreadable: int = 0
    other_day: int = 0
    first_reason: str = ""


def read_whole(bill: Bill, file: BinaryIO, seen: Seen) -> Iterator[BillLine | UnreadableLine]:
    """Give the lines of a bill's file and count them; raise BillUnusable as `read_bill` does, and at the end when no
    line could be read or most are another day's. The account is opened at once: while lines are copied into the
    database its connection can do nothing else."""
    return _checked(bill, read_bill(bill.account_code, bill.day_date, file), seen)


def _checked(bill: Bill, lines: Iterator[BillLine | UnreadableLine], seen: Seen) -> Iterator[BillLine | UnreadableLine]:
    first, last = bill.starts_at - NEAR, bill.ends_at + NEAR
    at, is_other_day = None, False
    for line in lines:
        seen.lines += 1
        if isinstance(line, UnreadableLine):
            seen.unreadable += 1
            seen.first_reason = seen.first_reason or f"Line {line.row}: {line.reason}"
        elif line.occurred_at is not None:
            if line.occurred_at is not at:  # readers give the same object for the same second
                at = line.occurred_at
                is_other_day = not first <= at < last
            seen.other_day += is_other_day
        yield line
    if seen.lines and seen.unreadable == seen.lines:
        raise BillUnusable(f"No line of the bill can be read. {seen.first_reason}")
    if seen.other_day * 2 > seen.lines:
        raise BillUnusable(f"Most lines of the bill are not of {bill.day_date}: it is another day's.")

"""Reading a bill to its end, with what its reader cannot know: whether it is the day's, and whether it is one at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import BinaryIO, NamedTuple

from cashier.public import BillLine, BillUnusable, UnreadableLine, read_bill
from reconciliation.models import Bill

BLOCK = 500  # lines; few enough to stay in a processor's cache from the reader to the database
NEAR = timedelta(hours=2)  # a channel's day may be cut an hour off, and a clock may be wrong


class Block(NamedTuple):
    """Lines next to each other, by whether they could be read."""

    lines: list[BillLine]
    unreadable: list[UnreadableLine]


@dataclass(slots=True)
class Seen:
    """What came by."""

    lines: int = 0
    unreadable: int = 0
    other_day: int = 0
    first_reason: str = ""


def read_whole(bill: Bill, file: BinaryIO, seen: Seen) -> Iterator[Block]:
    """Give the lines of a bill's file and count them; raise BillUnusable as `read_bill` does, and at the end when no
    line could be read or most are another day's. The account is opened at once: while lines are copied into the
    database its connection can do nothing else."""
    return _checked(bill, read_bill(bill.account_code, bill.day_date, file), seen)


def _checked(bill: Bill, lines: Iterator[BillLine | UnreadableLine], seen: Seen) -> Iterator[Block]:
    while block := list(islice(lines, BLOCK)):
        read = [line for line in block if isinstance(line, BillLine)]
        unreadable = [line for line in block if isinstance(line, UnreadableLine)]
        seen.lines += len(block)
        seen.unreadable += len(unreadable)
        seen.other_day += _other_day(bill, read)
        if unreadable and not seen.first_reason:
            seen.first_reason = f"Line {unreadable[0].row}: {unreadable[0].reason}"
        yield Block(read, unreadable)
    if seen.lines and seen.unreadable == seen.lines:
        raise BillUnusable(f"No line of the bill can be read. {seen.first_reason}")
    if seen.other_day * 2 > seen.lines:
        raise BillUnusable(f"Most lines of the bill are not of {bill.day_date}: it is another day's.")


def _other_day(bill: Bill, lines: list[BillLine]) -> int:
    first, last = bill.starts_at - NEAR, bill.ends_at + NEAR
    moments = [line.occurred_at for line in lines if line.occurred_at is not None]
    if not moments or (first <= min(moments) and max(moments) < last):
        return 0
    return sum(not first <= moment < last for moment in moments)

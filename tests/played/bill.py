"""The played channel's bill: one JSON array a line, and a last line with their number and sum."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import BinaryIO

from cashier.channels.base import BillKind, BillLine, BillUnusable, UnreadableLine
from payhub.money import Money


def write(lines: Sequence[BillLine | UnreadableLine], day: date) -> bytes:
    """Write a bill; what is unreadable is written so that it cannot be read."""
    rows = [json.dumps(_cells(line)) if isinstance(line, BillLine) else "?" for line in lines]
    total = sum(line.amount.minor for line in lines if isinstance(line, BillLine))
    return "\n".join([*rows, json.dumps({"day": str(day), "lines": len(rows), "total": total})]).encode()


def _cells(line: BillLine) -> list[object]:
    fee = line.fee.minor if line.fee else None
    at = line.occurred_at.isoformat() if line.occurred_at else None
    names = (line.attempt_no, line.refund_no, line.channel_trade_no)
    return [line.kind, *names, line.amount.minor, line.amount.currency, fee, at, line.state, line.is_final]


def read(file: BinaryIO, day: date) -> Iterator[BillLine | UnreadableLine]:
    """Read a bill; raise BillUnusable."""
    file.seek(0)
    number = total = 0
    for number, text in enumerate(file, start=1):
        try:
            row = json.loads(text)
        except ValueError:
            yield UnreadableLine(row=number, reason="It is no JSON.")
            continue
        if isinstance(row, dict):
            if row != {"day": str(day), "lines": number - 1, "total": total}:
                raise BillUnusable("The bill's totals are not the sums of its rows.")
            return
        kind, attempt_no, refund_no, trade_no, minor, currency, fee, at, state, is_final = row
        total += minor
        yield BillLine(
            row=number,
            kind=BillKind(kind),
            attempt_no=attempt_no,
            amount=Money(minor, currency),
            refund_no=refund_no,
            fee=None if fee is None else Money(fee, currency),
            channel_trade_no=trade_no,
            occurred_at=datetime.fromisoformat(at) if at else None,
            state=state,
            is_final=is_final,
        )
    raise BillUnusable("The bill ends without its totals.")

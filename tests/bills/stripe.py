"""Stripe's balance transactions, as our fetch keeps them: one a line, and how many at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date

from tests.bills.row import Row


def bill(
    rows: Iterable[Row | None], day: date, *, account: str = "", more_paid_minor: int = 0, encoding: str = ""
) -> Iterator[bytes]:
    """Write a bill. It names no account and has no sums: its end says how many lines there are."""
    known = list(rows)
    lines = ["?" if row is None else json.dumps(_transaction(number, row)) for number, row in enumerate(known)]
    end = json.dumps({"day": str(day), "count": len(known) + more_paid_minor})
    yield "\n".join([*lines, end, ""]).encode(encoding or "utf-8")


def _transaction(number: int, row: Row) -> dict[str, object]:
    metadata = {"attempt_no": row.attempt_no} | ({"refund_no": row.refund_no} if row.refund_no else {})
    currency = row.currency.lower()
    source = {"id": f"{'re' if row.refund_no else 'ch'}_{number}", "amount": row.minor, "currency": currency}
    return {
        "id": f"txn_{number}",
        "type": "refund" if row.refund_no else "charge",
        "currency": currency,
        "fee": row.fee_minor,
        "created": int(row.at.timestamp()),
        "status": "available",
        "source": source | {"metadata": metadata, "payment_intent": row.trade_no},
    }

"""Matching: every line and every success of ours of the day into exactly one bucket, set against set, in SQL."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

from payhub.db import committed
from reconciliation.locks import lock_bill
from reconciliation.models import Bill, FeeRule, Tally
from reconciliation.services import match_sql as sql
from reconciliation.states import BillState

# Within this of midnight a payment may stand in the neighbouring day's bill (UnionPay cuts its day at 23:00).
POOL_MARGIN = timedelta(hours=2)
# What the planner cannot know: that a day has a dozen groups of lines. It would sort a million lines to find them.
_PLANNED = "SET LOCAL work_mem = '192MB'; SET LOCAL enable_sort = off; SET LOCAL enable_mergejoin = off"


def match(bill_id: int, *, now: datetime) -> Bill:
    """Match a loaded bill against our books, and return it; a closed bill is left as it is.

    One transaction, one snapshot of our books: it is done or it is not. Running it again changes nothing, unless a
    fact or a neighbouring bill came in between: then what no longer differs is said to agree, by its own row.
    """
    with committed():
        bill = lock_bill(bill_id)
        if bill.state == BillState.CLOSED or not bill.is_loaded:
            return bill
        values = _values(bill, now)
        with connection.cursor() as cursor:
            cursor.execute(_PLANNED)
            Tally.objects.filter(bill=bill).delete()
            _pair(cursor, values, copies=[])
            cursor.execute(sql.HAS_COPIES)
            if cursor.fetchone() != (False,):
                cursor.execute(sql.COPIES, values)
                _pair(cursor, values, copies=[row for (row,) in cursor.fetchall()])
            for statement in sql.JUDGED:
                cursor.execute(statement, values)
        if bill.state != BillState.MATCHED:
            bill.match()
            bill.save(update_fields=["state"])
        return bill


def _pair(cursor: CursorWrapper, values: dict[str, Any], *, copies: list[int]) -> None:
    """Pair both sides; lines of `copies` are there twice, and meet nothing."""
    for statement in sql.PAIRED:
        cursor.execute(statement, {**values, "copies": copies})


def _values(bill: Bill, now: datetime) -> dict[str, Any]:
    rate_ppm = FeeRule.objects.filter(account_code=bill.account_code).values_list("rate_ppm", flat=True).first()
    return {
        "bill": bill.pk,
        "merchant": bill.merchant_id,
        "account": bill.account_code,
        "day": bill.day_date,
        "day_before": bill.day_date - timedelta(days=1),
        "next_day": bill.day_date + timedelta(days=1),
        "starts_at": bill.starts_at,
        "ends_at": bill.ends_at,
        "margin": POOL_MARGIN,
        "rate_ppm": rate_ppm,
        "now": now,
    }

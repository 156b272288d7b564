"""Telling: a difference about a number of ours is somebody's purchase, so whoever sold it hears of it, once."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from payhub.db import committed
from payhub.outbox.emit import emit
from reconciliation.models import Difference
from reconciliation.services.settle import AT_ONCE
from reconciliation.states import Bucket, DifferenceState

# What may have cost the buyer money. What only the books lack (LOCAL_ONLY, FEE, OTHER_DAY) is nobody's purchase.
_OF_A_BUYER = (
    Bucket.DUPLICATE,
    Bucket.CHANNEL_ONLY,
    Bucket.STATE,
    Bucket.ACCOUNT,
    Bucket.AMOUNT,
    Bucket.CURRENCY,
)


def tell_differences(bill_id: int, *, now: datetime) -> int:
    """Emit `bill.differs` for each payment's line that is left to decide and was not told of yet; return how many.

    More than AT_ONCE look like a wrong file: none is told, and the day's exception asks a person first.
    """
    with committed():
        found = Difference.objects.filter(
            bill_id=bill_id, state=DifferenceState.OPEN, bucket__in=_OF_A_BUYER, kind="PAYMENT", told_at__isnull=True
        )
        left = list(
            found.exclude(attempt_no="").filter(row__isnull=False).select_related("bill").order_by("id")[: AT_ONCE + 1]
        )
        if not left or len(left) > AT_ONCE:
            return 0
        orders = _order_numbers([row.attempt_no for row in left])
        for row in left:
            if row.attempt_no in orders:
                _tell(row, orders[row.attempt_no], now)
        Difference.objects.filter(pk__in=[row.pk for row in left]).update(told_at=now)
    return len(left)


def _tell(row: Difference, order_no: str, now: datetime) -> None:
    sides = f"{row.line_minor} {row.line_currency} there, {row.local_minor or 0} {row.local_currency} here"
    emit(
        name="bill.differs",
        subject=f"attempt:{row.attempt_no}",
        payload={
            "merchant_id": row.merchant_id,
            "merchant_order_no": order_no,
            "attempt_no": row.attempt_no,
            "bucket": row.bucket,
            "amount_minor": abs(row.effect_minor),
            "currency": row.currency,
            "why": f"{row.bill}, row {row.row}: {row.bucket}, {sides} (in minor units). Difference {row.pk}.",
        },
        at=now,
    )


def _order_numbers(attempt_nos: list[str]) -> dict[str, str]:
    """Return the order number of each attempt that is ours, by the payment centre's view (docs/adr/0003)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attempt_no, merchant_order_no FROM cashier_asked WHERE kind = 'PAYMENT' AND attempt_no = ANY(%s)",
            [attempt_nos],
        )
        return dict(cursor.fetchall())

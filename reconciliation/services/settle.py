"""Settling: what the channel's bill knows better goes through the payment centre's one door, like any other fact."""

from __future__ import annotations

from django.db.models import QuerySet

from cashier.public import BilledMoney, settle_billed
from payhub import clock
from payhub.money import Money
from reconciliation.models import Bill, Difference
from reconciliation.services.progress import Progress
from reconciliation.states import Bucket, DifferenceState

# A wrong file would make facts by the thousand; beyond this a person says first that it is the right one.
AT_ONCE = 500
_BETTER = (Bucket.CHANNEL_ONLY, Bucket.STATE, Bucket.ACCOUNT)


def needs_confirmation(bill: Bill) -> str:
    """Say why a person has to confirm the bill before its lines become facts; empty when nobody has to."""
    if bill.confirmed_by_id is not None:
        return ""
    waiting = _to_settle(bill).count()
    if waiting and bill.file is not None and bill.file.uploaded_by_id is not None:
        return (
            f"{waiting} lines say that money moved which we do not know of, and a person uploaded this file: nothing "
            "was settled yet. Another person has to confirm that it is the channel's."
        )
    if waiting > AT_ONCE:
        return (
            f"{waiting} lines say that money moved which we do not know of. That many look like a wrong file: nothing "
            "was settled yet. Somebody has to confirm it."
        )
    return ""


def settle_lines(bill: Bill, progress: Progress) -> int:
    """Let every line that says more than our books become a fact, one by one; return how many.

    A run that was cut off goes on with the rest: the same line again changes nothing. Raises Cancelled.
    """
    rows = list(_to_settle(bill).order_by("id"))
    for done, row in enumerate(rows, start=1):
        settle_billed(_billed(bill, row), now=clock.now())
        progress.tell(done, len(rows))
    return len(rows)


def _to_settle(bill: Bill) -> QuerySet[Difference]:
    found = Difference.objects.filter(bill=bill, state=DifferenceState.OPEN, bucket__in=_BETTER, is_final=True)
    # A line without our number, or without a refund's number, says of nothing of ours that it moved.
    return found.filter(verdict="", row__isnull=False).exclude(attempt_no="").exclude(kind="REFUND", refund_no="")


def _billed(bill: Bill, row: Difference) -> BilledMoney:
    return BilledMoney(
        account_code=bill.account_code,
        attempt_no=row.attempt_no,
        refund_no=row.refund_no,
        money=Money(row.line_minor or 0, row.line_currency),
        channel_trade_no=row.channel_trade_no if row.kind == "PAYMENT" else "",
        occurred_at=row.line_at,
        bill=str(bill),
        row=row.row or 0,
    )

"""What others may ask of the books: statements of a merchant, and how its days stand. Nobody imports anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from reconciliation.models import Bill
from reconciliation.statements import AWAY, Entry, Figure, Period, Statement, accounts_of, entries, statements

__all__ = ["AWAY", "BillView", "Entry", "Figure", "Period", "Statement", "accounts_of", "bills_of", "entries"]
__all__ += ["statements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView:
    """One account's day, as other apps see it."""

    account_code: str
    channel: str
    day: date
    state: str  #: A name of `reconciliation.states.BillState`.
    lines: int
    closed_at: datetime | None


def bills_of(merchant_id: int, *, first: date, last: date) -> list[BillView]:
    """Return how a merchant's days from `first` to `last` stand, the newest first."""
    found = Bill.objects.filter(merchant_id=merchant_id, day_date__gte=first, day_date__lte=last)
    return [
        BillView(
            account_code=bill.account_code,
            channel=bill.channel,
            day=bill.day_date,
            state=bill.state,
            lines=bill.lines,
            closed_at=bill.closed_at,
        )
        for bill in found.order_by("-day_date", "account_code")
    ]

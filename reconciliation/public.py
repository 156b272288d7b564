"""What others may ask of the books: statements of a merchant, and how its days stand. Nobody imports anything else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, Q

from reconciliation.models import Bill, Tally
from reconciliation.statements import AWAY, Entry, Figure, Period, Statement, accounts_of, entries, statements

__all__ = [
    "AWAY",
    "BillView",
    "BucketView",
    "Entry",
    "Figure",
    "Period",
    "Statement",
    "accounts_of",
    "bills_of",
    "entries",
]
__all__ += ["statements"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketView:
    """What of a day lies in one bucket: lines of the bill, and successes of ours. Sums are positive."""

    bucket: str  #: A name of `reconciliation.states.Bucket`.
    kind: str
    currency: str
    lines: int
    lines_minor: int
    fees_minor: int
    locals: int
    locals_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BillView:
    """One account's day, as other apps see it."""

    account_code: str
    channel: str
    day: date
    state: str  #: A name of `reconciliation.states.BillState`.
    lines: int
    closed_at: datetime | None
    buckets: tuple[BucketView, ...]

    @property
    def name(self) -> str:
        """Its place in a list."""
        return f"{self.day.isoformat()}-{self.account_code}"


def bills_of(
    merchant_id: int,
    *,
    account_code: str = "",
    first: date | None = None,
    last: date | None = None,
    after: str = "",
    limit: int | None = None,
) -> list[BillView]:
    """Return how a merchant's days from `first` to `last` stand, the newest first, those after the one named `after`."""
    found = Bill.objects.filter(merchant_id=merchant_id)
    wanted = {"account_code": account_code, "day_date__gte": first, "day_date__lte": last}
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    if after:
        day, account = _named(after)
        found = found.filter(Q(day_date__lt=day) | Q(day_date=day, account_code__gt=account))
    shown = found.prefetch_related(Prefetch("tallies", Tally.objects.order_by("bucket", "kind", "currency")))
    return [_view(bill) for bill in shown.order_by("-day_date", "account_code")[:limit]]


def _named(name: str) -> tuple[date, str]:
    """Read a place in a list; what is none is before all days, so that nothing comes after it."""
    try:
        return date.fromisoformat(name[:10]), name[11:]
    except ValueError:
        return date.min, "~"


def _view(bill: Bill) -> BillView:
    return BillView(
        account_code=bill.account_code,
        channel=bill.channel,
        day=bill.day_date,
        state=bill.state,
        lines=bill.lines,
        closed_at=bill.closed_at,
        buckets=tuple(
            BucketView(
                bucket=tally.bucket,
                kind=tally.kind,
                currency=tally.currency,
                lines=tally.lines,
                lines_minor=tally.lines_minor,
                fees_minor=tally.fees_minor,
                locals=tally.locals,
                locals_minor=tally.locals_minor,
            )
            for tally in bill.tallies.all()
        ),
    )

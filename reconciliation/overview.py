"""The books at a glance: a strip of days for each account, and what differed in the last thirty days, by kind."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count

from reconciliation.models import Bill, Difference
from reconciliation.states import BillState, Bucket, DifferenceState

DAYS = 30
# Besides the colour, so that nobody has to tell colours apart.
MARKS = {
    BillState.EXPECTED: "…",
    BillState.MISSING: "✕",
    BillState.LOADED: "…",
    BillState.MATCHED: "…",
    BillState.BALANCED: "✓",
    BillState.DIFFERENT: "!",
    BillState.CLOSED: "✓",
}
CHART_WIDTH, CHART_HEIGHT, BAR_GAP = 720, 160, 4


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of an account; no bill: it was not expected."""

    day: date
    bill: Bill | None
    mark: str


@dataclass(frozen=True, slots=True)
class Strip:
    """One account's days."""

    account_code: str
    channel: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Piece:
    """One kind's part of a day's bar."""

    bucket: str
    label: str
    count: int
    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of difference: its days and their sum."""

    bucket: str
    label: str
    counts: list[int]
    total: int


@dataclass(frozen=True, slots=True)
class Chart:
    """Differences by day and kind."""

    days: list[date]
    kinds: list[Kind]
    pieces: list[Piece]
    highest: int
    width: int = CHART_WIDTH
    height: int = CHART_HEIGHT


def days_until(last: date) -> list[date]:
    """Return the last thirty days, the oldest first."""
    return [last - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]


def strips(last: date) -> list[Strip]:
    """Return every account's last thirty days, by channel, the newest first: that is the end that people look at."""
    days = days_until(last)[::-1]
    by_account: dict[tuple[str, str], dict[date, Bill]] = defaultdict(dict)
    for bill in Bill.objects.filter(day_date__gte=days[-1], day_date__lte=last).order_by("channel", "account_code"):
        by_account[(bill.channel, bill.account_code)][bill.day_date] = bill
    return [
        Strip(code, channel, [_cell(day, bills.get(day)) for day in days])
        for (channel, code), bills in by_account.items()
    ]


def _cell(day: date, bill: Bill | None) -> Cell:
    return Cell(day, bill, MARKS[BillState(bill.state)] if bill else "")


def chart(last: date) -> Chart:
    """Return how many differences of each kind the last thirty days had; those that agree by now are left out."""
    days = days_until(last)
    found = Difference.objects.filter(bill__day_date__gte=days[0], bill__day_date__lte=last)
    rows = found.exclude(state=DifferenceState.AGREES).values("bill__day_date", "bucket").annotate(n=Count("id"))
    counted = {(row["bill__day_date"], row["bucket"]): row["n"] for row in rows}
    kinds = [
        Kind(bucket, str(bucket.label), counts, sum(counts))
        for bucket in Bucket
        if any(counts := [counted.get((day, bucket.value), 0) for day in days])
    ]
    highest = max((sum(kind.counts[at] for kind in kinds) for at in range(DAYS)), default=0)
    return Chart(days, kinds, _pieces(kinds, highest), highest)


def _pieces(kinds: list[Kind], highest: int) -> list[Piece]:
    """Stack each day's kinds on one another. Whole numbers: the picture is for people, the table beside it is exact."""
    wide = CHART_WIDTH // DAYS
    pieces = []
    for at in range(DAYS):
        below = 0
        for kind in kinds:
            if kind.counts[at]:
                top = (below + kind.counts[at]) * CHART_HEIGHT // highest
                bottom = below * CHART_HEIGHT // highest
                place = (at * wide, CHART_HEIGHT - top, wide - BAR_GAP, max(top - bottom, 1))
                pieces.append(Piece(kind.bucket, kind.label, kind.counts[at], *place))
                below += kind.counts[at]
    return pieces

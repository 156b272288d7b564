"""Reading the books: for screens, commands and statements."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext

from payhub.money import Money
from reconciliation.models import Bill, Tally
from reconciliation.states import Bucket

Side = tuple[str, int, str, int, str]


def sides(bill: Bill) -> list[Side]:
    """Return both sides of a bill, bucket by bucket and in all: label, lines, their sum, successes here, their sum.

    What comes under "All" was added up from the buckets; that it is also what lies in the tables is R1 of the audit.
    """
    rows: list[Side] = []
    total: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in Tally.objects.filter(bill=bill).order_by("bucket", "kind", "currency"):
        numbers = (row.lines, row.lines_minor, row.locals, row.locals_minor)
        label = f"{Bucket(row.bucket).label}{_of(row.kind)}"
        rows.append(_side(label, row.currency, *numbers))
        total[(row.kind, row.currency)] = [a + b for a, b in zip(total[(row.kind, row.currency)], numbers, strict=True)]
    for (kind, currency), added_up in sorted(total.items()):
        rows.append(_side(f"{gettext('All')}{_of(kind)}", currency, *added_up))
    return rows


def _of(kind: str) -> str:
    words = {"PAYMENT": gettext("payments"), "REFUND": gettext("refunds")}
    return f" · {words[kind]}" if kind in words else ""


def _side(label: str, currency: str, lines: int, lines_minor: int, ours: int, ours_minor: int) -> Side:
    def show(minor: int) -> str:
        return str(Money(minor, currency)) if currency else ""

    return label, lines, show(lines_minor), ours, show(ours_minor)

"""Closing a day: only when nothing is left to decide; its fees and its settlement are booked then."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Sum

from cashier.public import book_bill
from payhub.db import committed
from payhub.money import Money
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review, settle_review
from payhub.trail.record import record
from reconciliation.locks import lock_bill
from reconciliation.models import Bill, Difference, Tally
from reconciliation.states import UNFINISHED, BillState, Decision, DifferenceState, Step

_KINDS = [Kind.BILL_MISSING, Kind.BILL_UNUSABLE, Kind.BILL_DIFFERENT]


def close(bill_id: int, *, actor: str, problem: str, now: datetime) -> Bill:
    """End a run: say how a matched bill stands, DIFFERENT and an exception, or BALANCED, booked and CLOSED. `problem`
    is what the run leaves to a person. Safe to repeat."""
    with committed():
        bill = lock_bill(bill_id)
        if bill.state == BillState.CLOSED:
            return bill
        # With the rest: a run that is done, and died before it said how the day stands, would never be taken up again.
        bill.step, bill.is_wanted, bill.problem, bill.progressed_at = Step.DONE, False, problem, now
        bill.save(update_fields=["step", "is_wanted", "problem", "progressed_at"])
        if bill.state not in {BillState.MATCHED, BillState.DIFFERENT}:
            return bill
        unfinished = Difference.objects.filter(bill=bill, state__in=UNFINISHED)
        left = {row["state"]: row["n"] for row in unfinished.values("state").annotate(n=Count("id"))}
        if left:
            _differ(bill, left, now)
            return bill
        bill.balance()
        bill.save(update_fields=["state"])
        _book(bill, now)
        bill.close(now)
        bill.save(update_fields=["state", "closed_at"])
        settle_review(kinds=_KINDS, subject=bill.subject, resolution="The day is closed.", at=now)
        record(subject=bill.subject, action="bill.closed", actor=actor, at=now, lines=bill.lines)
        return bill


def _differ(bill: Bill, left: dict[str, int], now: datetime) -> None:
    if bill.state == BillState.MATCHED:
        bill.differ()
        bill.save(update_fields=["state"])
    to_decide = sum(n for state, n in left.items() if state != DifferenceState.WAITING)
    if to_decide:
        open_review(
            kind=Kind.BILL_DIFFERENT,
            subject=bill.subject,
            reason=f"{to_decide} differences between our books and {bill}. Nothing was changed that they touch; each "
            "needs a decision by name before the day closes.",
            owner=Owner.FINANCE,
            at=now,
        )


def _book(bill: Bill, now: datetime) -> None:
    """Book what the channel's bill adds up to, but for lines that a person explained away."""
    for currency, (net, fees) in sorted(payout(bill).items()):
        book_bill(
            account_code=bill.account_code,
            day=bill.day_date,
            fees=Money(fees, currency),
            net=Money(net, currency),
            now=now,
        )


def payout(bill: Bill) -> dict[str, tuple[int, int]]:
    """Return by currency what the channel collected less what it returned on the bill's day, and its fees."""
    found: dict[str, tuple[int, int]] = {}
    for row in Tally.objects.filter(bill=bill, lines__gt=0).exclude(currency=""):
        sign = -1 if row.kind == "REFUND" else 1
        net, fees = found.get(row.currency, (0, 0))
        found[row.currency] = (net + sign * row.lines_minor, fees + row.fees_minor)
    explained = Difference.objects.filter(
        bill=bill, state=DifferenceState.RESOLVED, decision=Decision.EXPLAIN, is_booked=False, row__isnull=False
    )
    for away in explained.exclude(currency="").values("currency").annotate(total=Sum("effect_minor")):
        net, fees = found.get(away["currency"], (0, 0))
        found[away["currency"]] = (net - away["total"], fees)
    return found

"""A shop that sells on a day, and the channel's bill of that day, which a test may spoil."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from cashier.channels.base import BillKind, BillLine, UnreadableLine
from cashier.models import Attempt, ChannelAccount, Payment, Refund
from cashier.models.refund import RefundReason
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.services.refund import Wish, approve_refund, request_refund, send_refund
from payhub import clock
from payhub.money import Money
from payhub.trail.record import SYSTEM
from reconciliation.models import Bill, Difference, Tally
from reconciliation.services.run import run_day
from tests.conftest import MovedClock, staff
from tests.played.bill import write
from tests.played.channel import Books

DAY = date(2026, 5, 4)
ACCOUNT = "lantern-alpha"


class Shop:
    """Sells, returns, writes the channel's bill of the day as it should be, and runs the day."""

    def __init__(self, books: Books, account: ChannelAccount, new_payment: Callable[..., Payment]) -> None:
        self.books, self.account, self.new_payment = books, account, new_payment
        self.lines: list[BillLine | UnreadableLine] = []
        self.people = [staff(name, "finance") for name in ("ada", "bo", "cy")]

    def start(self, minor: int = 12_800, **changes: Any) -> Attempt:
        """Begin to pay."""
        payment = self.new_payment(amount_minor=minor, **changes)
        return pay(payment_id=payment.pk, choice=Choice(account_id=self.account.pk, method="qr"), now=clock.now())

    def sell(self, minor: int = 12_800) -> Attempt:
        """Sell; the bill has a line of it."""
        attempt = self.start(minor)
        self.books.pay(attempt.attempt_no)
        attempt = query_attempt(attempt_no=attempt.attempt_no)
        self.bill_payment(attempt)
        return attempt

    def give_back(self, attempt: Attempt, minor: int) -> Refund:
        """Return money of an attempt; the bill has a line of it."""
        ada, bo, _ = self.people
        wish = Wish(money=Money(minor, "CNY"), reason=RefundReason.RETURNED_GOODS, note="")
        refund = request_refund(payment_id=attempt.payment_id, wish=wish, requested_by=ada, now=clock.now())
        approve_refund(refund_no=refund.refund_no, approver=bo, now=clock.now())
        refund = send_refund(refund_no=refund.refund_no, now=clock.now())
        self.bill(BillKind.REFUND, attempt.attempt_no, minor, refund_no=refund.refund_no)
        return refund

    def bill_payment(self, attempt: Attempt, **changes: Any) -> BillLine:
        """Add the line of a payment."""
        booked = self.books.trades[attempt.attempt_no]
        number, money = next(iter(booked.receipts.items()))
        values = {"channel_trade_no": number, **changes}
        return self.bill(BillKind.PAYMENT, attempt.attempt_no, money.minor, **values)

    def bill(self, kind: BillKind, attempt_no: str, minor: int, **changes: Any) -> BillLine:
        """Add any line."""
        fee = Money(round(minor * 0.006), "CNY") if kind is BillKind.PAYMENT else Money(0, "CNY")
        values: dict[str, Any] = {
            "row": len(self.lines) + 1,
            "kind": kind,
            "attempt_no": attempt_no,
            "amount": Money(minor, "CNY"),
            "fee": fee,
            "occurred_at": clock.now(),
            "state": "SUCCESS",
        }
        line = BillLine(**{**values, **changes})
        self.lines.append(line)
        return line

    def change_line(self, at: int, **changes: Any) -> None:
        """Spoil a line."""
        line = self.lines[at]
        assert isinstance(line, BillLine)
        self.lines[at] = line._replace(**changes)

    def write_bill(self, day: date = DAY) -> None:
        """Let the channel have the bill of a day."""
        self.books.bills[day] = write(self.lines, day)

    def run(self, day: date = DAY) -> Bill:
        """Run the day as it is billed now."""
        if day not in self.books.bills:
            self.write_bill(day)
        return run_day(ACCOUNT, day, actor=SYSTEM)


@pytest.fixture
def shop(moved_clock: MovedClock, alpha: Books, alpha_account: ChannelAccount, new_payment: Any) -> Shop:
    """The shop, on the morning of the day."""
    return Shop(alpha, alpha_account, new_payment)


def morning_after(moved_clock: MovedClock, day: date = DAY) -> datetime:
    """Go to when the day's bill is made."""
    moved_clock.at = datetime(day.year, day.month, day.day, tzinfo=moved_clock.at.tzinfo) + timedelta(days=1, hours=3)
    return moved_clock.at


def found(bill: Bill) -> dict[str, str]:
    """What was found: bucket and state by the thing's key, what agrees again left out."""
    rows = Difference.objects.filter(bill=bill).exclude(state="AGREES").order_by("id")
    return {row.key: f"{row.bucket} {row.state}" for row in rows}


def buckets(bill: Bill) -> list[str]:
    """Buckets and states of what was found, in order."""
    return sorted(found(bill).values())


def tallies(bill: Bill) -> dict[tuple[str, str], tuple[int, int, int, int]]:
    """Lines, their sum, successes, their sum, by bucket and kind."""
    return {
        (row.bucket, row.kind): (row.lines, row.lines_minor, row.locals, row.locals_minor)
        for row in Tally.objects.filter(bill=bill)
    }


def everything(bill: Bill) -> list[Any]:
    """All that a run leaves, to compare two runs."""
    return [list(Difference.objects.filter(bill=bill).order_by("id").values()), sorted(tallies(bill).items())]


def sums_add_up(bill: Bill) -> bool:
    """Whether every line and every success of the day lies in exactly one bucket, by number and by sum."""
    tally = tallies(bill)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), COALESCE(sum(amount_minor), 0) FROM reconciliation_billline WHERE bill_id = %s", [bill.pk]
        )
        theirs = cursor.fetchone()
        cursor.execute(
            "SELECT count(*), COALESCE(sum(amount_minor), 0) FROM cashier_settled WHERE account_code = %s "
            "AND settled_at >= %s AND settled_at < %s AND source <> 'BILL'",
            [bill.account_code, bill.starts_at, bill.ends_at],
        )
        ours = cursor.fetchone()
    in_buckets = [sum(row[at] for row in tally.values()) for at in range(4)]
    return in_buckets == [*map(int, theirs or ()), *map(int, ours or ())]

"""Expecting: every channel account has a bill for every day, whether the channel makes one or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from cashier.public import AccountView, bill_starts_at, channel_accounts
from payhub.db import committed, insert_once
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from reconciliation.locks import lock_bill
from reconciliation.models import Bill
from reconciliation.states import BillState

READY_AFTER = timedelta(hours=10)  # the channels make their bills from 9 or 10 in the morning
MISSING_AFTER = timedelta(hours=20)
LOOK_BACK_DAYS = 7  # how long this may have stood still without a day being forgotten


def expect_bills(*, now: datetime) -> int:
    """Expect the bill of every account's every day that is over; return how many are new. Safe to repeat."""
    new = 0
    for account in channel_accounts():
        oldest = max(now - timedelta(days=LOOK_BACK_DAYS), account.created_at - timedelta(days=1))
        day = oldest.astimezone(UTC).date()
        while day <= now.astimezone(UTC).date() + timedelta(days=1):
            starts_at = bill_starts_at(account.code, day)
            if starts_at + timedelta(days=1) > now:
                break
            if starts_at + timedelta(days=1) > account.created_at:
                new += _expect(account, day)
            day += timedelta(days=1)
    return new


def expect_bill(account_code: str, day: date) -> Bill | None:
    """Return the bill of an account's day, expecting it when that was not done yet; None for no account of ours."""
    account = next((account for account in channel_accounts() if account.code == account_code), None)
    if account is None:
        return None
    _expect(account, day)
    return Bill.objects.select_related("file", "merchant").get(account_code=account_code, day_date=day)


def _expect(account: AccountView, day: date) -> bool:
    starts_at = bill_starts_at(account.code, day)
    ends_at = bill_starts_at(account.code, day + timedelta(days=1))
    with committed():
        return insert_once(
            Bill(
                account_code=account.code,
                channel=account.channel,
                merchant_id=account.merchant_id,
                day_date=day,
                starts_at=starts_at,
                ends_at=ends_at,
                fetch_at=ends_at + READY_AFTER,
                deadline_at=ends_at + MISSING_AFTER,
            )
        )


def miss_overdue(*, now: datetime) -> int:
    """Make an exception of every bill that is not here at its deadline; return how many. They are fetched on."""
    overdue = Bill.objects.filter(state=BillState.EXPECTED, deadline_at__lte=now, file=None).order_by("id")
    missed = 0
    for bill_id in overdue.values_list("pk", flat=True):
        with committed():
            bill = lock_bill(bill_id)
            if bill.state != BillState.EXPECTED or bill.file_id is not None:
                continue
            bill.miss()
            bill.save(update_fields=["state"])
            open_review(
                kind=Kind.BILL_MISSING,
                subject=bill.subject,
                reason=f"{bill.account_code} has made no bill of {bill.day_date}. {bill.problem} It is asked for on; "
                "get it from the channel's site and upload it if that goes on. Until then nothing proves this day.",
                owner=Owner.OPERATIONS,
                at=now,
            )
            missed += 1
    return missed

"""Every row lock of the books: a bill, then its difference."""

from __future__ import annotations

from datetime import date

from reconciliation.errors import BillNotFound, NotToDecide
from reconciliation.models import Bill, Difference


def lock_bill(bill_id: int) -> Bill:
    """Lock and return a bill; raise BillNotFound."""
    try:
        return Bill.objects.select_for_update(of=("self",)).select_related("file", "merchant").get(pk=bill_id)
    except Bill.DoesNotExist:
        raise BillNotFound from None


def lock_bill_of_day(account_code: str, day: date) -> Bill:
    """Lock and return an account's bill of a day; raise BillNotFound."""
    try:
        return (
            Bill.objects.select_for_update(of=("self",))
            .select_related("file", "merchant")
            .get(account_code=account_code, day_date=day)
        )
    except Bill.DoesNotExist:
        raise BillNotFound from None


def lock_difference(difference_id: int) -> tuple[Bill, Difference]:
    """Lock a difference's bill, then the difference, and return both; raise NotToDecide when there is none."""
    bill_id = Difference.objects.filter(pk=difference_id).values_list("bill_id", flat=True).first()
    if bill_id is None:
        raise NotToDecide
    bill = lock_bill(bill_id)
    return bill, Difference.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=difference_id)

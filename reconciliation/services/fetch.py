"""Fetching: the channel's bill of a day, kept as it came."""

from __future__ import annotations

from datetime import timedelta

from cashier.public import BillNotReady, fetch_bill
from payhub import clock
from payhub.db import committed
from reconciliation.locks import lock_bill
from reconciliation.models import Bill, BillFile
from reconciliation.services.files import keep, scratch_file

ASK_AGAIN_AFTER = timedelta(minutes=30)


def fetch(bill: Bill) -> bool:
    """Fetch the bill unless it is here; tell whether it is. False: the channel has not made it; asked again later.

    Raises BillUnusable. No transaction is open while the channel is called.
    """
    if bill.file_id is not None or bill.is_empty:
        return True
    with scratch_file() as file:
        try:
            has_trades = fetch_bill(bill.account_code, bill.day_date, file)
        except BillNotReady as why:
            Bill.objects.filter(pk=bill.pk).update(fetch_at=clock.now() + ASK_AGAIN_AFTER, problem=str(why))
            return False
        row = BillFile(account_code=bill.account_code, day_date=bill.day_date, received_at=clock.now())
        same = row if not has_trades or keep(row, file) else _known(row)
    with committed():
        locked = lock_bill(bill.pk)
        locked.is_empty = not has_trades
        locked.file = same if has_trades else None
        locked.problem = ""
        locked.save(update_fields=["is_empty", "file", "problem"])
    return True


def _known(row: BillFile) -> BillFile:
    return BillFile.objects.get(account_code=row.account_code, day_date=row.day_date, sha256=row.sha256)

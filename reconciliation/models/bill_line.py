"""BillLine: one line of a bill, as it was read."""

from __future__ import annotations

from django.db import models


class BillLine(models.Model):
    """In a table partitioned by month of the day (migration 0002): old months are detached, never deleted row by row.

    Its key is day, bill and row. `kind` is PAYMENT, REFUND or UNREADABLE (then `state` says why).
    """

    pk = models.CompositePrimaryKey("day_date", "bill_id", "row")
    day_date = models.DateField()
    bill_id = models.BigIntegerField()
    row = models.IntegerField()
    kind = models.CharField(max_length=10)
    attempt_no = models.TextField()
    refund_no = models.TextField()
    channel_trade_no = models.TextField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fee_minor = models.BigIntegerField(null=True)
    occurred_at = models.DateTimeField(null=True)
    state = models.TextField()
    is_final = models.BooleanField()

    def __str__(self) -> str:
        return f"{self.bill_id}:{self.row}"

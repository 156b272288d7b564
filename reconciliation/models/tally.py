"""Tally: how many lines and successes lie in a bucket, and what they add up to."""

from __future__ import annotations

from django.db import models

from reconciliation.models.bill import Bill
from reconciliation.states import Bucket


class Tally(models.Model):
    """One row for every bucket, kind and currency of a bill; written anew by each match. Sums are positive."""

    bill = models.ForeignKey(Bill, on_delete=models.PROTECT, related_name="tallies")
    bucket = models.CharField(max_length=20, choices=Bucket.choices)
    kind = models.CharField(max_length=10)
    currency = models.CharField(max_length=3, blank=True)
    lines = models.IntegerField()
    lines_minor = models.BigIntegerField()
    fees_minor = models.BigIntegerField()
    locals = models.IntegerField()
    locals_minor = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(name="tally_once", fields=["bill", "bucket", "kind", "currency"])]

    def __str__(self) -> str:
        return f"{self.bill_id} {self.bucket} {self.kind} {self.currency}: {self.lines}/{self.locals}"

"""BillFile: a bill as it came, kept packed, with its digest."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from payhub.fsm import append_only


class BillFile(models.Model):
    """Append-only. `uploaded_by` is empty when the channel's adapter fetched it: only that is the channel's word."""

    account_code = models.CharField(max_length=40)
    day_date = models.DateField()
    sha256 = models.CharField(max_length=64)
    size_bytes = models.BigIntegerField()
    name = models.CharField(max_length=200, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="bill_file_once", fields=["account_code", "day_date", "sha256"])]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.account_code} {self.day_date} {self.sha256[:12]}"


class BillFilePart(models.Model):
    """One megabyte of a file: PostgreSQL keeps it, so that no worker needs another's disk. The channels pack their
    files; one that came unpacked is packed by PostgreSQL."""

    file = models.ForeignKey(BillFile, on_delete=models.PROTECT, related_name="parts")
    part = models.IntegerField()
    content = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(name="bill_file_part_once", fields=["file", "part"])]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.file_id}/{self.part}"

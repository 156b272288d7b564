"""IdempotencyRecord: what was answered to a POST, so that the same POST again does nothing and hears the same."""

from __future__ import annotations

from django.db import models

from payhub.merchants.models import Merchant


class IdempotencyRecord(models.Model):
    """One key of a merchant, kept as long as its orders are. `status` 0: no answer yet, which says nothing at all."""

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)  # of method, address and content
    created_at = models.DateTimeField()
    lease_until = models.DateTimeField()  # while it runs and there is no answer, somebody is at it
    status = models.IntegerField(default=0)
    sealed_body = models.TextField(blank=True)  # answers hold secrets (a new endpoint's) and shoppers' names

    class Meta:
        constraints = [models.UniqueConstraint(name="idempotency_key_once", fields=["merchant", "key"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.status}"

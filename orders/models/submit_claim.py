"""SubmitClaim: who submitted what a moment ago, so that the same submit again is the same order."""

from __future__ import annotations

from django.db import models

from orders.models.order import Order


class SubmitClaim(models.Model):
    """The submit guard's row: one per digest, taken over when it has run out. Redis holds the same, only faster."""

    digest = models.CharField(max_length=64, unique=True)
    order = models.ForeignKey(Order, to_field="order_no", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"#{self.pk} {self.order_id} until {self.expires_at:%H:%M:%S}"

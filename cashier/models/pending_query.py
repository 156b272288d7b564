"""PendingQuery: a row for every attempt or refund whose end is not known."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from cashier.models.attempt import Attempt
from cashier.models.refund import Refund


class PendingQuery(models.Model):
    """When to ask the channel next. The sweep's cost depends on these rows only, never on history.

    Claiming a row moves its `next_at` ahead by a lease, so that one column says who is due.
    """

    attempt = models.OneToOneField(Attempt, null=True, on_delete=models.PROTECT, related_name="pending_query")
    refund = models.OneToOneField(Refund, null=True, on_delete=models.PROTECT, related_name="pending_query")
    channel = models.CharField(max_length=20)  # so that one slow channel never starves the others
    next_at = models.DateTimeField()
    tries = models.IntegerField(default=0)  # since the schedule's current stage began

    class Meta:
        verbose_name, verbose_name_plural = _("pending query"), _("pending queries")
        constraints = [
            models.CheckConstraint(
                name="pending_query_of_one_thing",
                condition=models.Q(attempt__isnull=False, refund__isnull=True)
                | models.Q(attempt__isnull=True, refund__isnull=False),
            )
        ]
        indexes = [models.Index(name="pending_query_due", fields=["channel", "next_at", "id"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.attempt or self.refund} at {self.next_at:%H:%M:%S}"

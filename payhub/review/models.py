"""One thing that a person must look at."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.fsm import never_deleted


class Kind(models.TextChoices):
    """Why a person must look."""

    UNKNOWN_PAYMENT = "UNKNOWN_PAYMENT", _("Payment result unknown")
    UNKNOWN_REFUND = "UNKNOWN_REFUND", _("Refund result unknown")
    FAILED_REFUND = "FAILED_REFUND", _("Refund refused by the channel")
    AMOUNT_MISMATCH = "AMOUNT_MISMATCH", _("Other amount or currency than asked")
    SURPLUS = "SURPLUS", _("Money received twice or too late")
    CONTRADICTION = "CONTRADICTION", _("The channel contradicts what it said before")
    UNKNOWN_NUMBER = "UNKNOWN_NUMBER", _("Money for a number that is not ours")
    REFUSED_ACCOUNT = "REFUSED_ACCOUNT", _("The channel refuses our account or settings")
    PARKED_DELIVERY = "PARKED_DELIVERY", _("An event that could not be delivered")
    BROKEN_TRAIL = "BROKEN_TRAIL", _("Evidence was tampered with")
    BROKEN_INVARIANT = "BROKEN_INVARIANT", _("Something that must always hold does not")
    BILL_MISSING = "BILL_MISSING", _("A channel's bill is missing")
    BILL_UNUSABLE = "BILL_UNUSABLE", _("A channel's bill cannot be used")
    BILL_DIFFERENT = "BILL_DIFFERENT", _("Our books and the channel's bill differ")
    UNPAYABLE_ORDER = "UNPAYABLE_ORDER", _("Paid, but the order can no longer take it")


class Owner(models.TextChoices):
    """The role that has to act."""

    SUPPORT = "SUPPORT", _("Customer service")
    FINANCE = "FINANCE", _("Finance")
    OPERATIONS = "OPERATIONS", _("Operations")


class ReviewItem(models.Model):
    """An exception with an owner. Open while `resolved_at` is empty; one open item per kind and subject."""

    kind = models.CharField(max_length=30, choices=Kind.choices)
    subject = models.CharField(max_length=60)
    reason = models.TextField()
    owner = models.CharField(max_length=20, choices=Owner.choices)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    opened_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True)
    resolution = models.TextField(blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("exception"), _("exceptions")
        constraints = [
            models.UniqueConstraint(
                name="review_one_open", fields=["kind", "subject"], condition=models.Q(resolved_at__isnull=True)
            ),
            models.CheckConstraint(
                name="review_resolved_with_reason",
                condition=models.Q(resolved_at__isnull=True) | ~models.Q(resolution=""),
            ),
        ]
        indexes = [
            models.Index(name="review_open", fields=["opened_at"], condition=models.Q(resolved_at__isnull=True)),
            models.Index(name="review_by_subject", fields=["subject"]),
        ]
        triggers = never_deleted()

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

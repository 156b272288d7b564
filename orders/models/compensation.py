"""Compensation: something that a case's buyer gets besides their money."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.complaint import Complaint
from payhub.fsm import never_deleted
from payhub.money import Money


class Compensation(models.Model):
    """A gift, a coupon or an amount: proposed by one person, approved or refused by another (constraint).

    A note for the shop, which gives it; payhub pays nothing out by it.
    """

    class Kind(models.TextChoices):
        """What it is."""

        GIFT = "GIFT", _("Gift")
        COUPON = "COUPON", _("Coupon")
        AMOUNT = "AMOUNT", _("Amount")

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="compensations")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    note = models.CharField(max_length=200)
    amount_minor = models.BigIntegerField()  # what it is worth
    currency = models.CharField(max_length=3)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved = models.BooleanField(null=True)  # empty: not decided
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("compensation"), _("compensations")
        constraints = [
            models.CheckConstraint(name="compensation_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="compensation_four_eyes",
                condition=models.Q(approved__isnull=True, decided_by__isnull=True, decided_at__isnull=True)
                | models.Q(approved__isnull=False, decided_by__isnull=False, decided_at__isnull=False)
                & ~models.Q(decided_by=models.F("proposed_by")),
            ),
        ]
        triggers = never_deleted()

    def __str__(self) -> str:
        return f"#{self.pk} {self.kind}"

    @property
    def money(self) -> Money:
        """What it is worth."""
        return Money(self.amount_minor, self.currency)

"""Statement: what the buyer, the shop or the supplier says about a case, by a link or on the telephone."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.complaint import Complaint
from payhub.fsm import append_only, never_deleted


class Party(models.TextChoices):
    """Who may be asked."""

    BUYER = "BUYER", _("Buyer")
    SHOP = "SHOP", _("Shop")
    SUPPLIER = "SUPPLIER", _("Supplier")


class Statement(models.Model):
    """Asked for by staff, given once by whoever has the link, or written down by staff. Once given it never changes."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="statements")
    party = models.CharField(max_length=10, choices=Party.choices)
    name = models.CharField(max_length=80)  # who exactly
    token = models.CharField(max_length=32, unique=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    due_at = models.DateTimeField()
    text = models.TextField(blank=True)
    given_at = models.DateTimeField(null=True)
    by_phone = models.BooleanField(default=False)  # written down by requested_by

    class Meta:
        verbose_name, verbose_name_plural = _("statement"), _("statements")
        constraints = [
            models.CheckConstraint(
                name="statement_given_says_something",
                condition=models.Q(given_at__isnull=True, text="")
                | models.Q(given_at__isnull=False) & ~models.Q(text=""),
            )
        ]
        triggers = [
            *never_deleted(),
            pgtrigger.Protect(
                name="given_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__given_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.party} {self.name}"


class ComplaintFile(models.Model):
    """A picture or PDF that came with a message or a statement. Append-only, in the database: evidence stays with its case."""

    complaint = models.ForeignKey(Complaint, on_delete=models.PROTECT, related_name="files")
    statement = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)  # as its first bytes say, whatever the browser called it
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    brought_by = models.CharField(max_length=80)
    brought_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("file"), _("files")
        triggers = append_only()

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

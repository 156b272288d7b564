"""Letter: one e-mail to one person, until it is sent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Letter(models.Model):
    """Written in the outbox's transaction, sent after it; a lost answer of the mail server may send it twice."""

    address = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    written_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)  # empty: sent, or given up
    tries = models.IntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("letter"), _("letters")
        indexes = [models.Index(name="letter_due", fields=["next_at", "id"], condition=models.Q(next_at__isnull=False))]

    def __str__(self) -> str:
        return f"#{self.pk}"

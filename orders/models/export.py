"""Export and ExportPart: a file of many orders, made in the background, kept for a day."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Export(models.Model):
    """What somebody wants as a file. `last_id` is how far it is, so that whoever goes on after a crash repeats nothing.

    Which orders are in it is fixed when it is asked for: those that fit `query` up to `newest_id`. `merchant_ids` are
    whose they may be: whoever is no longer a member of one of these cannot fetch the file.
    """

    export_no = models.CharField(max_length=24, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    merchant_ids = models.JSONField(default=list)
    query = models.CharField(max_length=500, blank=True)  # the filters as the address of the list says them
    newest_id = models.BigIntegerField()
    last_id = models.BigIntegerField(default=0)
    total = models.IntegerField()
    done = models.IntegerField(default=0)
    asked_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("export"), _("exports")
        indexes = [
            models.Index(name="export_to_make", fields=["id"], condition=models.Q(finished_at__isnull=True)),
            models.Index(name="export_by_user", fields=["user", "-id"]),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.export_no} {self.done}/{self.total}"


class ExportPart(models.Model):
    """Some lines of the file. In the database, because the one who makes it and the one who sends it may be two machines."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    text = models.TextField()

    class Meta:
        verbose_name, verbose_name_plural = _("part of an export"), _("parts of exports")

    def __str__(self) -> str:
        return f"#{self.pk}"

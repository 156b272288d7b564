"""One record of the trail. PostgreSQL chains the records, so that none can be slipped in, changed or taken out."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.fsm import append_only

# What a record's hash covers; `manage.py audit` recomputes it with the same expression.
HASH_OF = (
    "encode(sha256(convert_to(concat_ws(E'\\x1f', {r}.previous, {r}.subject, {r}.sequence::text, "
    "extract(epoch from {r}.at)::text, {r}.actor, {r}.action, {r}.detail::text, {r}.request_id), 'UTF8')), 'hex')"
)

_CHAIN = f"""
    -- Two writers of one subject take turns; without this both would follow the same record.
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.subject, 7));
    SELECT sequence + 1, hash INTO NEW.sequence, NEW.previous
        FROM trail_operationrecord WHERE subject = NEW.subject ORDER BY sequence DESC LIMIT 1;
    IF NEW.sequence IS NULL THEN
        NEW.sequence := 1;
        NEW.previous := '';
    END IF;
    NEW.hash := {HASH_OF.format(r="NEW")};
    RETURN NEW;
"""  # noqa: S608 - our own expression


class OperationRecord(models.Model):
    """Somebody did something to a subject (`payment:P…`, `order:O…`). `sequence`, `previous` and `hash` are
    written by the database."""

    subject = models.CharField(max_length=60)
    sequence = models.IntegerField(null=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=80)  # shopper, merchant:<code>, staff:<name>, channel:<account>, system
    action = models.CharField(max_length=60)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=16)
    previous = models.CharField(max_length=64, default="")
    hash = models.CharField(max_length=64, default="")

    class Meta:
        verbose_name, verbose_name_plural = _("trail record"), _("trail records")
        constraints = [models.UniqueConstraint(name="trail_subject_sequence", fields=["subject", "sequence"])]
        indexes = [models.Index(name="trail_by_request", fields=["request_id"], condition=~models.Q(request_id=""))]
        triggers = [
            pgtrigger.Trigger(name="chain", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_CHAIN),
            *append_only(),
        ]

    def __str__(self) -> str:
        return f"{self.subject} #{self.sequence} {self.action} by {self.actor}"

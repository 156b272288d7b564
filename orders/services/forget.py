"""Forgetting: what is of no use to anybody any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from orders.models import Export, Letter, SubmitClaim, WebhookDelivery
from orders.services.exports import KEEP_EXPORTS

KEEP_WEBHOOKS = timedelta(days=30)  # their log; the events themselves stay
KEEP_LETTERS = timedelta(days=30)
BATCH = 1000
KEEP_S = 3600  # far beyond the claim's life, so that clocks that differ a little do not matter


def forget_claims(*, now: datetime) -> int:
    """Delete claims that ran out over KEEP_S ago; return how many."""
    deleted, _ = SubmitClaim.objects.filter(expires_at__lt=now - timedelta(seconds=KEEP_S)).delete()
    return deleted


def forget_webhooks(*, now: datetime) -> int:
    """Delete a batch of webhook deliveries older than KEEP_WEBHOOKS with their log; return how many rows."""
    old = WebhookDelivery.objects.filter(created_at__lt=now - KEEP_WEBHOOKS).order_by("created_at")
    deleted, _ = WebhookDelivery.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()
    return deleted


def forget_exports(*, now: datetime) -> int:
    """Delete exports older than KEEP_EXPORTS with their lines; return how many rows."""
    deleted, _ = Export.objects.filter(asked_at__lt=now - KEEP_EXPORTS).delete()
    return deleted


def forget_letters(*, now: datetime) -> int:
    """Delete letters older than KEEP_LETTERS; return how many."""
    deleted, _ = Letter.objects.filter(written_at__lt=now - KEEP_LETTERS).delete()
    return deleted

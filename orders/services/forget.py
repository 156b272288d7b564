"""Forgetting: submit claims that ran out long ago are of no use to anybody."""

from __future__ import annotations

from datetime import datetime, timedelta

from orders.models import SubmitClaim

KEEP_S = 3600  # far beyond the claim's life, so that clocks that differ a little do not matter


def forget_claims(*, now: datetime) -> int:
    """Delete claims that ran out over KEEP_S ago; return how many."""
    deleted, _ = SubmitClaim.objects.filter(expires_at__lt=now - timedelta(seconds=KEEP_S)).delete()
    return deleted

"""The seeded merchants' accounts at every channel."""

from __future__ import annotations

from datetime import datetime

from cashier.channels.registry import CHANNELS
from cashier.models import ChannelAccount
from payhub.merchants.models import Merchant
from payhub.seed.fill import Ground


def _lay(now: datetime) -> None:
    """Without settings, so that nobody can be called by them, and switched off; opened now: no bill is expected."""
    for merchant in Merchant.objects.filter(code__startswith="seeded-").order_by("id"):
        for channel in CHANNELS:
            ChannelAccount.objects.get_or_create(
                code=f"{merchant.code}-{channel}",
                defaults={
                    "merchant": merchant,
                    "channel": channel,
                    "is_active": False,
                    "is_test": True,
                    "sealed_settings": "",
                    "created_at": now,
                },
            )


ACCOUNTS = Ground(lay=_lay)

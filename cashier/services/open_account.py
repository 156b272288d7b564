"""Opening a channel account, or changing its settings: checked, sealed, told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cashier.channels.base import Wiring
from cashier.channels.registry import CHANNELS, open_channel
from cashier.errors import AccountUnusable
from cashier.models import ChannelAccount
from payhub import clock, numbers
from payhub.db import committed, insert_once
from payhub.http import outgoing
from payhub.merchants.models import Merchant
from payhub.trail.record import record
from payhub.vault import seal, unseal


def open_account(
    *, merchant: Merchant, channel: str, settings: Mapping[str, str], is_test: bool, actor: str, now: datetime
) -> ChannelAccount:
    """Open the merchant's account at the channel, or give the one that there is these settings; safe to repeat.

    Running processes open a changed account anew. Raises AccountUnusable when the adapter refuses the settings.
    """
    methods = _methods(channel, settings)
    account = ChannelAccount(
        code=f"{merchant.code}-{channel}"[:40],
        merchant=merchant,
        channel=channel,
        methods=methods,
        is_test=is_test,
        sealed_settings=seal(settings),
        created_at=now,
    )
    with committed():
        if insert_once(account):
            record(subject=f"account:{account.code}", action="account.opened", actor=actor, at=now)
            return account
        standing = ChannelAccount.objects.get(merchant=merchant, channel=channel, is_test=is_test, is_active=True)
        if unseal(standing.sealed_settings) != dict(settings):
            standing.sealed_settings = account.sealed_settings
            standing.settings_version += 1
            standing.save(update_fields=["sealed_settings", "settings_version"])
            record(subject=f"account:{standing.code}", action="account.changed", actor=actor, at=now)
        return standing


def _methods(channel: str, settings: Mapping[str, str]) -> list[str]:
    if channel not in CHANNELS:
        raise AccountUnusable(
            f"There is no channel {channel!r}. Nothing was changed; choose one of {sorted(CHANNELS)}."
        )
    wiring = Wiring(settings=settings, http=outgoing(), now=clock.now, nonce=numbers.nonce)
    try:
        return list(open_channel(channel, wiring).methods)
    except (KeyError, ValueError) as error:
        raise AccountUnusable(
            f"{channel} cannot work with these settings ({type(error).__name__}: {error}). Nothing was changed; "
            "compare them with the channel's README."
        ) from error

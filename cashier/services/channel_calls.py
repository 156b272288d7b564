"""From our rows to the channel's terms, and the adapter of an account."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from django.conf import settings

from cashier.channels import registry
from cashier.channels.base import Channel, Method, Return, Trade, Wiring
from cashier.models import Attempt, ChannelAccount, Refund
from payhub import clock, numbers
from payhub.http import outgoing
from payhub.money import Money
from payhub.vault import unseal


def channel_of(account: ChannelAccount) -> Channel:
    """Return the account's adapter; a changed setting gives a new one."""
    return _opened(account.channel, account.pk, account.settings_version, account.sealed_settings)


@lru_cache(maxsize=256)
def _opened(channel: str, account_id: int, settings_version: int, sealed: str) -> Channel:
    wiring = Wiring(settings=unseal(sealed), http=outgoing(), now=clock.now, nonce=numbers.nonce)
    return registry.open_channel(channel, wiring)


def forget_opened() -> None:
    """Open every account anew at its next use."""
    _opened.cache_clear()


def method_of(attempt: Attempt) -> Method:
    """Return what the attempt's method can do."""
    return channel_of(attempt.account).methods[attempt.method]


def notify_url(account: ChannelAccount) -> str:
    """Return the address at which the channel notifies us about this account."""
    return f"{settings.PAYHUB_BASE_URL}/notify/{account.channel}/{account.code}"


def trade_of(attempt: Attempt) -> Trade:
    """Return the attempt as its channel needs it; identical at every call but for what the channel gave us."""
    payment = attempt.payment
    return Trade(
        attempt_no=attempt.attempt_no,
        method=attempt.method,
        amount=attempt.money,
        title=payment.title,
        created_at=attempt.created_at,
        expires_at=attempt.expires_at,
        notify_url=notify_url(attempt.account),
        return_url=f"{settings.PAYHUB_BASE_URL}/c/{payment.token}/return",
        shopper_ip=attempt.shopper_ip or "",
        payer_id=payment.payer_id,
        channel_trade_no=attempt.channel_trade_no,
        memo=attempt.memo,
    )


def return_of(refund: Refund) -> Return:
    """Return the refund as its channel needs it; identical at every call. Raises ValueError for one never sent."""
    receipt = refund.receipt
    if refund.first_sent_at is None:
        raise ValueError(f"{refund.refund_no} was never sent: there is nothing to send again and nothing to ask.")
    trade = trade_of(refund.attempt)
    # One number may have collected twice: what goes back is this receipt, not the one that paid.
    return Return(
        refund_no=refund.refund_no,
        trade=replace(trade, channel_trade_no=receipt.channel_trade_no or trade.channel_trade_no),
        amount=refund.money,
        paid=Money(receipt.amount_minor or 0, receipt.currency),
        reason=refund.get_reason_display(),
        first_sent_at=refund.first_sent_at,
        notify_url=notify_url(refund.attempt.account),
        memo=refund.memo,
    )

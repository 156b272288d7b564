"""Which channels there are. Adding one is its folder and one line here (docs/channels.md)."""

from __future__ import annotations

from collections.abc import Callable

from cashier.channels.alipay.channel import Alipay
from cashier.channels.base import Channel, Wiring
from cashier.channels.stripe.channel import Stripe
from cashier.channels.unionpay.channel import UnionPay
from cashier.channels.wechat.channel import WeChatPay

CHANNELS: dict[str, Callable[[Wiring], Channel]] = {
    "wechat": WeChatPay,
    "alipay": Alipay,
    "unionpay": UnionPay,
    "stripe": Stripe,
}


def open_channel(code: str, wiring: Wiring) -> Channel:
    """Build the adapter of channel `code` for one account; raise KeyError for a channel that we do not have."""
    return CHANNELS[code](wiring)

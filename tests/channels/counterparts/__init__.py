"""The other side of each channel, for tests: it signs what the channel would sign, with keys made here."""

from __future__ import annotations

from tests.channels.counterparts.alipay import AlipaySide
from tests.channels.counterparts.base import Counterpart
from tests.channels.counterparts.stripe import StripeSide
from tests.channels.counterparts.unionpay import UnionPaySide
from tests.channels.counterparts.wechat import WeChatSide

COUNTERPARTS: dict[str, type[Counterpart]] = {
    "wechat": WeChatSide,
    "alipay": AlipaySide,
    "unionpay": UnionPaySide,
    "stripe": StripeSide,
}

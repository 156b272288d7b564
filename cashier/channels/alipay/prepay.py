"""Opening a trade at Alipay: what each method asks for, and what the shopper gets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil

from cashier.channels.base import Method, Outcome, PresentationKind, Trade
from cashier.channels.beijing import plain
from cashier.channels.trouble import Trouble
from payhub.money import Money

SUBJECT_LIMIT = 256
_NOT_IN_SUBJECT = re.compile(r"[\s/=&]+")

METHODS: Mapping[str, Method] = {
    # The code lives short on purpose: until it is scanned there is no trade to close, only the deadline ends it.
    "precreate": Method(
        code="precreate",
        letter="Q",
        presentation=PresentationKind.QR,
        code_lifetime_s=300,
        idempotent_create=False,
    ),
    # Pages are addresses that we sign and the shopper opens: the trade begins when they log in there.
    "page": Method(code="page", letter="P", presentation=PresentationKind.REDIRECT, code_lifetime_s=900),
    "wap": Method(code="wap", letter="M", presentation=PresentationKind.REDIRECT, code_lifetime_s=900),
}
_PRODUCTS = {"precreate": "FACE_TO_FACE_PAYMENT", "page": "FAST_INSTANT_TRADE_PAY", "wap": "QUICK_WAP_WAY"}


def biz_content(trade: Trade) -> dict[str, str]:
    """Return what is asked for, the same at every call; raise Trouble for another currency, and for nothing."""
    biz = {
        "out_trade_no": trade.attempt_no,
        "total_amount": yuan(trade.amount),
        "subject": _NOT_IN_SUBJECT.sub(" ", trade.title).strip()[:SUBJECT_LIMIT],
        "product_code": _PRODUCTS[trade.method],
        "time_expire": plain(trade.expires_at),
    }
    if trade.method == "precreate":
        # time_expire ends the trade, which begins with the scan; this ends the code before it.
        minutes = ceil((trade.expires_at - trade.created_at).total_seconds() / 60)
        biz["qr_code_timeout_express"] = f"{max(1, minutes)}m"
    if trade.method == "wap":
        biz["quit_url"] = trade.return_url
    return biz


def yuan(amount: Money) -> str:
    """Return the amount as Alipay writes it; raise Trouble for another currency, and for nothing."""
    if amount.currency != "CNY" or amount.minor <= 0:
        raise Trouble(Outcome.REFUSED, "currency", "Alipay takes positive amounts in CNY only; nothing was sent.")
    return amount.to_major()

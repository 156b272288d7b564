"""Opening a trade at WeChat Pay: the body of each method, and what the shopper gets from its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cashier.channels.base import Method, Outcome, Presentation, PresentationKind, Trade
from cashier.channels.beijing import rfc3339
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import Trouble, unknown
from cashier.channels.wechat.wire import Wire
from payhub.money import Money

DESCRIPTION_LIMIT = 127

METHODS: Mapping[str, Method] = {
    "native": Method(code="native", letter="N", presentation=PresentationKind.QR, code_lifetime_s=900),
    # The address that WeChat Pay gives lives five minutes, so the trade does too: what is shown can be paid.
    "h5": Method(code="h5", letter="H", presentation=PresentationKind.REDIRECT, code_lifetime_s=300),
    "jsapi": Method(
        code="jsapi", letter="J", presentation=PresentationKind.BRIDGE, code_lifetime_s=900, needs_payer_id=True
    ),
}


@dataclass(frozen=True, slots=True)
class Prepay:
    """What a create needs of the account."""

    wire: Wire
    appid: str
    mchid: str

    def body(self, trade: Trade) -> dict[str, Any]:
        """Return the create's body, identical at every call; raise Trouble for what WeChat Pay would not take."""
        body: dict[str, Any] = {
            "appid": self.appid,
            "mchid": self.mchid,
            "description": " ".join(trade.title.split())[:DESCRIPTION_LIMIT],
            "out_trade_no": trade.attempt_no,
            "time_expire": rfc3339(trade.expires_at),
            "notify_url": trade.notify_url,
            "amount": {"total": fen(trade.amount), "currency": "CNY"},
        }
        if trade.method == "h5":
            if not trade.shopper_ip:
                raise Trouble(Outcome.REFUSED, "shopper_ip", "Payment by H5 needs the shopper's address.")
            body["scene_info"] = {"payer_client_ip": trade.shopper_ip, "h5_info": {"type": "Wap"}}
        if trade.method == "jsapi":
            if not trade.payer_id:
                raise Trouble(Outcome.REFUSED, "payer_id", "Payment inside WeChat needs the shopper's openid.")
            body["payer"] = {"openid": trade.payer_id}
        return body

    def presentation(self, trade: Trade, data: dict[str, Any]) -> Presentation:
        """Return what the shopper pays with; raise Trouble when the answer lacks it."""
        name = {"native": "code_url", "h5": "h5_url", "jsapi": "prepay_id"}[trade.method]
        given = text_of(data, name)
        if not given:
            raise unknown("malformed", f"No {name} in the answer.")
        if trade.method == "native":
            return Presentation(kind=PresentationKind.QR, content=given)
        if trade.method == "h5":
            # The only parameter that may be added.
            back = f"&redirect_url={quote(trade.return_url, safe='')}"
            return Presentation(kind=PresentationKind.REDIRECT, content=given + back)
        return self._bridge(f"prepay_id={given}")

    def _bridge(self, package: str) -> Presentation:
        """Return what WeChat's browser takes: signed by us, as that page is not WeChat Pay's."""
        timestamp, nonce, signature = self.wire.stamp(
            lambda timestamp, nonce: f"{self.appid}\n{timestamp}\n{nonce}\n{package}\n".encode()
        )
        fields = {"appId": self.appid, "timeStamp": timestamp, "nonceStr": nonce, "package": package}
        return Presentation(
            kind=PresentationKind.BRIDGE,
            content="getBrandWCPayRequest",
            fields=fields | {"signType": "RSA", "paySign": signature},
        )


def fen(amount: Money) -> int:
    """Return the amount as WeChat Pay counts it; raise Trouble for another currency, and for nothing."""
    if amount.currency != "CNY" or amount.minor <= 0:
        raise Trouble(Outcome.REFUSED, "currency", "WeChat Pay takes positive amounts in CNY only; nothing was sent.")
    return amount.minor

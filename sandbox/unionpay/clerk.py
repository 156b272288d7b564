"""UnionPay: notifications of successful payments and of the ends of refunds, and the form that leads back."""

from __future__ import annotations

from urllib.parse import urlencode

from sandbox.books import Payment, Refund, Trade
from sandbox.box import Box
from sandbox.clerk import Clerk, Content, Envelope, Event, WayBack
from sandbox.unionpay import described, wire
from sandbox.unionpay.account import UnionpayAccount

_AUTOMATIC_S = 5 * 86400.0


class UnionpayClerk(Clerk):
    """UnionPay's clerk: it wants 200 (or a redirect) within 10 seconds, otherwise it sends five times in all."""

    title = "UnionPay 银联在线支付"
    colour = "#b3202c"
    waits_s = (60.0, 60.0, 120.0, 240.0)
    timeout_s = 10.0

    def __init__(self, box: Box, account: UnionpayAccount) -> None:
        self._box = box
        self._account = account

    def fresh_no(self, trade: Trade) -> str:
        """This function will give a queryId."""
        return self._box.numbers.unionpay_query(self._box.clock.now())

    def begins_when_opened(self, trade: Trade) -> bool:
        """This function will say no: the trade begins when a card is entered."""
        return False

    def payment(self, trade: Trade, payment: Payment) -> list[Content]:
        """This function will tell a payment in time; one that came too late is not told."""
        if described.is_late(trade, payment):
            return []
        return [described.payment_fields(self._account, trade, payment) | {"respCode": "00", "respMsg": "success"}]

    def refund(self, trade: Trade, payment: Payment, refund: Refund) -> list[Content]:
        """This function will tell the end of an undo or refund that the merchant asked for."""
        code = described.refund_code(refund)
        told = described.refund_fields(self._account, payment, refund)
        return [told | {"respCode": code, "respMsg": wire.words(code)}] if refund.kind != "automatic" else []

    def envelope(self, event: Event, signature: str) -> Envelope:
        """This function will sign and encode the form."""
        form = wire.signed(self._account, event.content, signature)
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
        return Envelope(headers=headers, body=urlencode(form).encode())

    def acknowledged(self, status: int, body: bytes) -> bool:
        """This function will accept 200 and 302 with any body."""
        return status in (200, 302)

    def returns_after_s(self, trade: Trade, payment: Payment) -> float | None:
        """This function will return late money after five days."""
        return _AUTOMATIC_S if described.is_late(trade, payment) else None

    def way_back(self, trade: Trade, payment: Payment | None) -> WayBack | None:
        """This function will post the same fields as the notification to frontUrl, by the browser."""
        if payment is None:
            return None
        fields = described.payment_fields(self._account, trade, payment) | {"respCode": "00", "respMsg": "success"}
        return WayBack(url=trade.return_url, fields=wire.signed(self._account, fields))

"""Alipay: notifications. Every change of a trade's status is told; a refund bears the status that it left behind."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from sandbox import beijing, money, rsa
from sandbox.alipay import wire
from sandbox.alipay.account import AlipayAccount
from sandbox.alipay.trade import buyer_id, masked_login, status_of
from sandbox.books import Books, Payment, Refund, RefundState, Trade, TradeState
from sandbox.box import Box
from sandbox.clerk import Clerk, Content, Envelope, Event, WayBack

_MINUTE, _HOUR = 60.0, 3600.0


class AlipayClerk(Clerk):
    """Alipay's clerk: it wants exactly `success`, otherwise it repeats 7 times within about 25 hours."""

    title = "Alipay 支付宝"
    colour = "#0b5fd0"
    waits_s = (4 * _MINUTE, 10 * _MINUTE, 10 * _MINUTE, _HOUR, 2 * _HOUR, 6 * _HOUR, 15 * _HOUR)
    timeout_s = 10.0

    def __init__(self, box: Box, account: AlipayAccount) -> None:
        self._box = box
        self._account = account

    def fresh_no(self, trade: Trade) -> str:
        """This function will give a trade_no."""
        return self._box.numbers.alipay_trade(self._box.clock.now())

    def payment(self, trade: Trade, payment: Payment) -> list[Content]:
        """This function will tell a payment."""
        return [self._paid(trade, payment, "TRADE_SUCCESS")]

    def refund(self, trade: Trade, payment: Payment, refund: Refund) -> list[Content]:
        """This function will tell a refund: the fields of the payment, and how much came back."""
        if refund.state is not RefundState.SUCCESS or refund.settled_at is None:
            return []
        told = self._paid(trade, payment, status_of(self._box, trade, payment)) | {
            "gmt_refund": beijing.spaced(refund.settled_at) + ".000",
            "out_biz_no": refund.out_refund_no,
            "refund_fee": money.yuan(_returned_until(self._box.books, trade, payment, refund)),
        }
        return [told]

    def closed(self, trade: Trade) -> list[Content]:
        """This function will tell that a trade was closed unpaid; of a code that nobody scanned there is nothing."""
        if trade.state is TradeState.LAPSED:
            return []
        told = self._common(trade, trade.buyer, "TRADE_CLOSED")
        closed_at = trade.closed_at or self._box.clock.now()
        return [told | {"gmt_close": beijing.spaced(closed_at), "trade_no": trade.trade_no}]

    def begins_when_opened(self, trade: Trade) -> bool:
        """This function will say yes for a scanned code; on a page people have to log in first."""
        return trade.method == "precreate"

    def way_back(self, trade: Trade, payment: Payment | None) -> WayBack | None:
        """This function will lead back from a page: paid, with signed parameters that do not say "paid"."""
        quit_url = str(trade.request.get("quit_url", ""))
        if payment is None or not trade.return_url:
            return WayBack(url=quit_url) if quit_url else None
        query = {
            "app_id": self._account.app_id,
            "auth_app_id": self._account.app_id,
            "charset": "utf-8",
            "method": f"alipay.trade.{trade.method}.pay.return",
            "out_trade_no": trade.out_trade_no,
            "seller_id": self._account.seller_id,
            "timestamp": beijing.spaced(self._box.clock.machine()),
            "total_amount": money.yuan(payment.amount_minor),
            "trade_no": payment.trade_no,
            "version": "1.0",
        }
        signed = rsa.sign(self._account.channel_key, wire.notification_content(query))
        joint = "&" if "?" in trade.return_url else "?"
        return WayBack(url=trade.return_url + joint + urlencode(query | {"sign": signed, "sign_type": "RSA2"}))

    def envelope(self, event: Event, signature: str) -> Envelope:
        """This function will complete, sign and encode the form."""
        form = {name: str(value) for name, value in event.content.items()}
        form |= {"notify_id": event.event_id, "notify_time": beijing.spaced(self._box.clock.machine())}
        content = wire.notification_content(form)
        form["sign_type"] = "RSA2"
        form["sign"] = rsa.sign(self._account.channel_key, content if signature == "true" else content + b"&")
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        return Envelope(headers=headers, body=urlencode(form).encode())

    def acknowledged(self, status: int, body: bytes) -> bool:
        """This function will accept nothing but the seven letters."""
        return status == 200 and body == b"success"

    def _common(self, trade: Trade, person: str, status: str) -> dict[str, Any]:
        told = {
            "app_id": self._account.app_id,
            "auth_app_id": self._account.app_id,
            "buyer_id": buyer_id(person),
            "buyer_logon_id": masked_login(person),
            "charset": "utf-8",
            "gmt_create": beijing.spaced(trade.created_at),
            "notify_type": "trade_status_sync",
            "out_trade_no": trade.out_trade_no,
            "seller_email": "shop@example.com",
            "seller_id": self._account.seller_id,
            "subject": trade.title,
            "total_amount": money.yuan(trade.amount_minor),
            "trade_status": status,
            "version": "1.0",
        }
        echoed = ("body", "passback_params")
        return told | {name: trade.request[name] for name in echoed if trade.request.get(name)}

    def _paid(self, trade: Trade, payment: Payment, status: str) -> dict[str, Any]:
        paid = money.yuan(payment.amount_minor)
        return self._common(trade, payment.payer, status) | {
            "buyer_pay_amount": paid,
            "fund_bill_list": json.dumps([{"amount": paid, "fundChannel": "ALIPAYACCOUNT"}], separators=(",", ":")),
            "gmt_payment": beijing.spaced(payment.paid_at),
            "invoice_amount": paid,
            "point_amount": "0.00",
            "receipt_amount": paid,
            "total_amount": paid,
            "trade_no": payment.trade_no,
        }


def _returned_until(books: Books, trade: Trade, payment: Payment, refund: Refund) -> int:
    """All refunds of the payment up to this one: refund_fee is cumulative."""
    others = [entry for entry in books.refunds(trade) if entry.payment_id == payment.id and entry.id < refund.id]
    return refund.amount_minor + sum(entry.amount_minor for entry in others if entry.state is RefundState.SUCCESS)

"""WeChat Pay: notifications. Only successful payments and the ends of refunds are told, encrypted and signed."""

from __future__ import annotations

from typing import Any

from sandbox import beijing
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box
from sandbox.clerk import Clerk, Content, Envelope, Event
from sandbox.wechat import wire
from sandbox.wechat.account import WechatAccount
from sandbox.wechat.transaction import described

_MINUTE, _HOUR = 60.0, 3600.0
_WORDS = {"TRANSACTION": "支付成功", "SUCCESS": "退款成功", "ABNORMAL": "退款异常", "CLOSED": "退款关闭"}


class WechatClerk(Clerk):
    """WeChat Pay's clerk: it wants 200 or 204 within 5 seconds, otherwise it repeats 15 times over 24 hours."""

    title = "WeChat Pay 微信支付"
    colour = "#057a3f"
    waits_s = (15.0, 15.0, 30.0, 3 * _MINUTE, 10 * _MINUTE, 20 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE, 30 * _MINUTE,
               _HOUR, 3 * _HOUR, 3 * _HOUR, 3 * _HOUR, 6 * _HOUR, 6 * _HOUR)  # fmt: skip
    timeout_s = 5.0

    def __init__(self, box: Box, account: WechatAccount) -> None:
        self._box = box
        self._account = account

    def fresh_no(self, trade: Trade) -> str:
        """This function will give a transaction_id."""
        return self._box.numbers.wechat_transaction(self._box.clock.now())

    def payment(self, trade: Trade, payment: Payment) -> list[Content]:
        """This function will tell the transaction as a query would."""
        return [described(self._account, trade, payment, "SUCCESS")]

    def refund(self, trade: Trade, payment: Payment, refund: Refund) -> list[Content]:
        """This function will tell how a refund ended."""
        told: dict[str, Any] = {
            "mchid": self._account.mchid,
            "transaction_id": payment.trade_no,
            "out_trade_no": trade.out_trade_no,
            "refund_id": refund.refund_no,
            "out_refund_no": refund.out_refund_no,
            "refund_status": refund.state.value,
            "user_received_account": "支付用户零钱",
            "amount": {
                "total": payment.amount_minor,
                "refund": refund.amount_minor,
                "payer_total": payment.amount_minor,
                "payer_refund": refund.amount_minor,
            },
        }
        if refund.state is RefundState.SUCCESS and refund.settled_at is not None:
            told["success_time"] = beijing.rfc3339(refund.settled_at)
        return [told]

    def envelope(self, event: Event, signature: str) -> Envelope:
        """This function will encrypt the content and sign the whole."""
        refund_status = event.content.get("refund_status")
        original_type = "refund" if refund_status else "transaction"
        resource = wire.encrypt(self._account, wire.compact(event.content), original_type)
        body = wire.compact(
            {
                "id": f"EV-{event.event_id}",
                "create_time": beijing.rfc3339(event.created_at),
                "resource_type": "encrypt-resource",
                "event_type": f"REFUND.{refund_status}" if refund_status else "TRANSACTION.SUCCESS",
                "summary": _WORDS[str(refund_status or "TRANSACTION")],
                "resource": {"original_type": original_type} | resource,
            }
        )
        headers = wire.signature_headers(self._account.signer(), body, signature)
        return Envelope(headers={"Content-Type": "application/json", "User-Agent": "Mozilla/4.0"} | headers, body=body)

    def acknowledged(self, status: int, body: bytes) -> bool:
        """This function will accept 200 and 204 with any body."""
        return status in (200, 204)

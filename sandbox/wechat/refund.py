"""WeChat Pay: refunds. The answer says accepted; the end comes later, by notification or query."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox import beijing
from sandbox.answers import Answer
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box
from sandbox.wechat import wire
from sandbox.wechat.create import address, amount_fen

_NUMBER = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}", re.ASCII)
_YEAR_S = 365 * 24 * 3600
_MOST_PARTS = 50


def described(trade: Trade, payment: Payment, refund: Refund) -> dict[str, Any]:
    """This function will describe a refund as answers and queries do."""
    told: dict[str, Any] = {
        "amount": {
            "total": payment.amount_minor,
            "refund": refund.amount_minor,
            "payer_total": payment.amount_minor,
            "payer_refund": refund.amount_minor,
            "settlement_total": payment.amount_minor,
            "settlement_refund": refund.amount_minor,
            "discount_refund": 0,
            "currency": "CNY",
        },
        "channel": "ORIGINAL",
        "create_time": beijing.rfc3339(refund.created_at),
        "funds_account": "AVAILABLE",
        "out_refund_no": refund.out_refund_no,
        "out_trade_no": trade.out_trade_no,
        "promotion_detail": [],
        "refund_id": refund.refund_no,
        "status": refund.state.value,
        "transaction_id": payment.trade_no,
        "user_received_account": "支付用户零钱",
    }
    if refund.state is RefundState.SUCCESS and refund.settled_at is not None:
        told["success_time"] = beijing.rfc3339(refund.settled_at)
    return told


def find_trade(box: Box, asked: Mapping[str, Any]) -> Trade | None:
    """This function will find the trade that a refund request names, by either number."""
    if asked.get("transaction_id"):
        return box.books.trade_by_trade_no("wechat", str(asked["transaction_id"]))
    return box.books.trade("wechat", str(asked.get("out_trade_no", "")))


def _payment(box: Box, trade: Trade | None, asked: Mapping[str, Any]) -> Payment:
    payments = box.books.payments(trade) if trade is not None else []
    wanted = asked.get("transaction_id")
    named = [payment for payment in payments if not wanted or payment.trade_no == wanted]
    if not named:
        raise wire.refuse("RESOURCE_NOT_EXISTS", "订单不存在或未支付")
    return named[0]


def _check(box: Box, trade: Trade, payment: Payment, asked: Mapping[str, Any]) -> None:
    amount, total = amount_fen(asked, "refund"), amount_fen(asked, "total")
    if total != payment.amount_minor:
        raise wire.refuse("INVALID_REQUEST", "订单金额与原订单不一致")
    if box.books.returned_minor(payment) + amount > payment.amount_minor:
        raise wire.refuse("INVALID_REQUEST", "申请退款金额超过订单可退金额")
    if len(box.books.refunds(trade)) >= _MOST_PARTS:
        raise wire.refuse("RULE_LIMIT", "一笔订单最多退款50次")
    if box.clock.now() > payment.paid_at + _YEAR_S:
        raise wire.refuse("INVALID_REQUEST", "订单已超过可退款的期限（一年）")


def refund(box: Box, asked: Mapping[str, Any]) -> Answer:
    """This function will accept a refund; the same request again gives the same refund, whatever it became."""
    number = asked.get("out_refund_no")
    if not isinstance(number, str) or not _NUMBER.fullmatch(number):
        raise wire.refuse("PARAM_ERROR", "out_refund_no must be 1 to 64 digits, letters or _-|*@")
    notify_url = address(asked, "notify_url") if "notify_url" in asked else ""
    trade = find_trade(box, asked)
    payment = _payment(box, trade, asked)
    if trade is None:
        raise wire.refuse("RESOURCE_NOT_EXISTS", "订单不存在")
    known = box.books.refund("wechat", number)
    if known is not None:
        if known.request != asked:
            raise wire.refuse("INVALID_REQUEST", "请求参数与该商户退款单号之前的请求不一致，请核实后再试")
        return wire.success(described(trade, payment, known))
    _check(box, trade, payment, asked)
    now, settle_s = box.clock.now(), box.settings["wechat_refund_settle_s"]
    entered = box.books.add_refund(
        Refund(
            channel="wechat",
            trade_id=trade.id,
            payment_id=payment.id,
            out_refund_no=number,
            refund_no=box.numbers.wechat_refund(now),
            amount_minor=amount_fen(asked, "refund"),
            state=RefundState.PROCESSING,
            reason=str(asked.get("reason", "")),
            notify_url=notify_url,
            request=dict(asked),
            created_at=now,
            due_at=None if settle_s is None else now + settle_s / box.time_factor,
        )
    )
    return wire.success(described(trade, payment, entered))


def query(box: Box, number: str) -> Answer:
    """This function will answer a refund query by the merchant's refund number."""
    found = box.books.refund("wechat", number)
    if found is None:
        raise wire.refuse("RESOURCE_NOT_EXISTS", "退款单不存在")
    trade, payment = box.books.trade_by_id(found.trade_id), box.books.payment(found.payment_id)
    return wire.success(described(trade, payment, found))

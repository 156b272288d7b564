"""WeChat Pay: what a transaction is (query, notification) and closing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import beijing, till
from sandbox.answers import Answer
from sandbox.books import Payment, Trade, TradeState
from sandbox.box import Box
from sandbox.wechat import wire
from sandbox.wechat.account import WechatAccount

_WORDS = {"SUCCESS": "支付成功", "REFUND": "转入退款", "NOTPAY": "订单未支付", "CLOSED": "订单已关闭"}


def openid(person: str) -> str:
    """This function will give a person's openid: 28 characters, always the same for the same person."""
    return "o" + person.encode().hex()[:27].ljust(27, "0")


def described(account: WechatAccount, trade: Trade, payment: Payment | None, state: str) -> dict[str, Any]:
    """This function will describe a transaction; an unpaid one has no transaction_id, time, bank or payer."""
    told: dict[str, Any] = {
        "amount": {"total": trade.amount_minor, "currency": trade.currency},
        "appid": account.appid,
        "mchid": account.mchid,
        "out_trade_no": trade.out_trade_no,
        "promotion_detail": [],
        "trade_state": state,
        "trade_state_desc": _WORDS[state],
        "trade_type": trade.method,
    }
    if trade.request.get("attach"):
        told["attach"] = trade.request["attach"]
    if payment is not None:
        told |= {
            "amount": {
                "total": payment.amount_minor,
                "payer_total": payment.amount_minor,
                "currency": trade.currency,
                "payer_currency": trade.currency,
            },
            "bank_type": "OTHERS",
            "payer": {"openid": openid(payment.payer)},
            "success_time": beijing.rfc3339(payment.paid_at),
            "transaction_id": payment.trade_no,
        }
    return told


def state_of(box: Box, trade: Trade, payment: Payment | None) -> str:
    """This function will give the trade_state of a trade, as one of its payments shows it."""
    if payment is not None:
        return "REFUND" if box.books.returned_minor(payment) else "SUCCESS"
    return "CLOSED" if trade.state is TradeState.CLOSED else "NOTPAY"


def _check_mchid(account: WechatAccount, mchid: object) -> None:
    if mchid != account.mchid:
        raise wire.refuse("PARAM_ERROR", "mchid is missing or not the caller's")


def by_number(box: Box, account: WechatAccount, number: str, query: Mapping[str, str]) -> Answer:
    """This function will answer a query by the merchant's number."""
    _check_mchid(account, query.get("mchid"))
    trade = box.books.trade("wechat", number)
    if trade is None:
        raise wire.refuse("ORDER_NOT_EXIST", "订单不存在")
    payment = next(iter(box.books.payments(trade)), None)
    return wire.success(described(account, trade, payment, state_of(box, trade, payment)))


def by_transaction(box: Box, account: WechatAccount, transaction_id: str, query: Mapping[str, str]) -> Answer:
    """This function will answer a query by WeChat's own number, which only a payment has."""
    _check_mchid(account, query.get("mchid"))
    trade = box.books.trade_by_trade_no("wechat", transaction_id)
    found = [payment for payment in box.books.payments(trade) if payment.trade_no == transaction_id] if trade else []
    if trade is None or not found:
        raise wire.refuse("ORDER_NOT_EXIST", "订单不存在")
    return wire.success(described(account, trade, found[0], state_of(box, trade, found[0])))


def close(box: Box, account: WechatAccount, number: str, asked: Mapping[str, Any]) -> Answer:
    """This function will close an unpaid order: 204. Whoever paid first wins, and the close is refused."""
    _check_mchid(account, asked.get("mchid"))
    trade = box.books.trade("wechat", number)
    if trade is None:
        raise wire.refuse("ORDER_NOT_EXIST", "订单不存在")
    if trade.state is TradeState.PAID:
        raise wire.refuse(box.settings["wechat_paid_code_on_close"], "该订单已支付")
    if trade.state is TradeState.CLOSED:
        raise wire.refuse("ORDER_CLOSED", "该订单已关闭")
    till.close(box, trade)
    return Answer(status=204, body=b"", content_type="", code="OK")

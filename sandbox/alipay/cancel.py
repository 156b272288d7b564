"""Alipay: cancel, the undoing of an unknown result: an unpaid trade is closed, a paid one is refunded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import beijing, till
from sandbox.alipay import refund, wire
from sandbox.alipay.trade import payment_of
from sandbox.answers import Answer
from sandbox.books import Trade, TradeState
from sandbox.box import Box

_LATEST_S = 24 * 3600


def cancel(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.cancel. A number without a trade succeeds and does nothing: its code
    can still be scanned and paid."""
    number = str(content.get("out_trade_no", ""))
    named = content.get("trade_no")
    trade = box.books.trade_by_trade_no("alipay", str(named)) if named else box.books.trade("alipay", number)
    told = {"out_trade_no": trade.out_trade_no if trade else number, "retry_flag": "N"}
    if trade is None or trade.state in (TradeState.NEW, TradeState.LAPSED):
        return wire.success(told)
    told["trade_no"] = trade.trade_no
    if trade.state is TradeState.OPEN:
        till.close(box, trade)
        return wire.success(told | {"action": "close"})
    return wire.success(told | _give_back(box, trade, content))


def _give_back(box: Box, trade: Trade, content: Mapping[str, Any]) -> dict[str, str]:
    payment = payment_of(box, trade, content)
    rest = payment.amount_minor - box.books.returned_minor(payment) if payment else 0
    if payment is None or rest == 0:
        return {}
    if box.clock.now() > payment.paid_at + _LATEST_S:
        raise wire.refuse("ACQ.TRADE_CANCEL_TIME_OUT")
    entry = refund.enter(box, trade, payment, f"cancel{payment.trade_no}", rest, "cancel", "cancel")
    return {"action": "refund", "gmt_refund_pay": beijing.spaced(entry.settled_at or entry.created_at)}

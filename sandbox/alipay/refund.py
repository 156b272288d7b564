"""Alipay: refunds. fund_change says whether this very call moved money; N is not a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import beijing, money
from sandbox.alipay import wire
from sandbox.alipay.prepay import amount_fen
from sandbox.alipay.trade import buyer_id, find, masked_login, payment_of
from sandbox.answers import Answer
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box
from sandbox.due import settle_refund


def _described(box: Box, trade: Trade, payment: Payment, entry: Refund, fund_change: str) -> Answer:
    told = {
        "buyer_logon_id": masked_login(payment.payer),
        "buyer_user_id": buyer_id(payment.payer),
        "fund_change": fund_change,
        "out_trade_no": trade.out_trade_no,
        "refund_fee": money.yuan(box.books.returned_minor(payment)),  # all refunds of the trade together
        "send_back_fee": money.yuan(entry.amount_minor if fund_change == "Y" else 0),
        "trade_no": payment.trade_no,
    }
    if entry.settled_at is not None:
        told["gmt_refund_pay"] = beijing.spaced(entry.settled_at)
    return wire.success(told)


def _check(box: Box, payment: Payment, amount: int) -> None:
    returned = box.books.returned_minor(payment)
    if returned >= payment.amount_minor:
        raise wire.refuse("ACQ.TRADE_HAS_CLOSE")
    if returned + amount > payment.amount_minor:
        raise wire.refuse("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")


def refund(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.refund; the same out_request_no again moves nothing (fund_change N)."""
    trade = find(box, content)
    payment = payment_of(box, trade, content)
    if payment is None:
        raise wire.refuse("ACQ.TRADE_STATUS_ERROR")
    amount = amount_fen(content, "refund_amount")
    number = str(content.get("out_request_no") or trade.out_trade_no)
    known = box.books.refund("alipay", number, trade)
    if known is not None:
        if known.amount_minor != amount:
            raise wire.refuse("ACQ.DISCORDANT_REPEAT_REQUEST")
        return _described(box, trade, payment, known, "N")
    if not content.get("out_request_no") and amount != payment.amount_minor:
        raise wire.refuse("ACQ.INVALID_PARAMETER")  # a part needs a number of its own
    _check(box, payment, amount)
    entry = enter(box, trade, payment, number, amount, str(content.get("refund_reason", "")))
    return _described(box, trade, payment, entry, "Y" if entry.state is RefundState.SUCCESS else "N")


def enter(
    box: Box, trade: Trade, payment: Payment, number: str, amount: int, reason: str, kind: str = "refund"
) -> Refund:
    """This function will enter a refund, final at once unless the setting alipay_refund_settle_s says later."""
    now, settle_s = box.clock.now(), box.settings["alipay_refund_settle_s"]
    entry = box.books.add_refund(
        Refund(
            channel="alipay",
            trade_id=trade.id,
            payment_id=payment.id,
            kind=kind,
            out_refund_no=number,
            refund_no=box.numbers.alipay_trade(now),
            amount_minor=amount,
            state=RefundState.PROCESSING,
            reason=reason,
            notify_url=trade.notify_url,
            created_at=now,
            due_at=None if settle_s is None else now + settle_s / box.time_factor,
        )
    )
    return settle_refund(box, entry, RefundState.SUCCESS) if settle_s == 0 else entry


def query(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.fastpay.refund.query: success without fields means not refunded."""
    trade = find(box, content)
    number = str(content.get("out_request_no") or trade.out_trade_no)
    entry = box.books.refund("alipay", number, trade)
    if entry is None or entry.state is not RefundState.SUCCESS or entry.settled_at is None:
        return wire.success({})
    payment = box.books.payment(entry.payment_id)
    return wire.success(
        {
            "gmt_refund_pay": beijing.spaced(entry.settled_at),
            "out_request_no": entry.out_refund_no,
            "out_trade_no": trade.out_trade_no,
            "refund_amount": money.yuan(entry.amount_minor),
            "refund_reason": entry.reason,
            "refund_status": "REFUND_SUCCESS",
            "total_amount": money.yuan(payment.amount_minor),
            "trade_no": payment.trade_no,
        }
    )

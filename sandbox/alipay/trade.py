"""Alipay: what a trade is (query), and closing it. Neither knows a trade before somebody scanned its code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import beijing, money, till
from sandbox.alipay import wire
from sandbox.answers import Answer
from sandbox.books import Payment, Trade, TradeState
from sandbox.box import Box


def buyer_id(person: str) -> str:
    """This function will give a person's user id: 16 digits, always the same for the same person."""
    return "2088" + f"{int.from_bytes(person.encode()[-5:], 'big') % 10**12:012d}"


def masked_login(person: str) -> str:
    """This function will give a person's login as the channel shows it to merchants."""
    return f"{person[:3]}***@example.com"


def number_of(box: Box, content: Mapping[str, Any]) -> str:
    """This function will give the merchant's number of the trade that a call names, by whichever number it names it."""
    found = box.books.trade_by_trade_no("alipay", str(content["trade_no"])) if content.get("trade_no") else None
    return found.out_trade_no if found else str(content.get("out_trade_no", ""))


def find(box: Box, content: Mapping[str, Any]) -> Trade:
    """This function will find the trade that a call names (trade_no wins); raise Refusal ACQ.TRADE_NOT_EXIST."""
    if content.get("trade_no"):
        found = box.books.trade_by_trade_no("alipay", str(content["trade_no"]))
    elif content.get("out_trade_no"):
        found = box.books.trade("alipay", str(content["out_trade_no"]))
    else:
        raise wire.refuse("ACQ.INVALID_PARAMETER")
    if found is None or found.state in (TradeState.NEW, TradeState.LAPSED):
        raise wire.refuse("ACQ.TRADE_NOT_EXIST")
    return found


def payment_of(box: Box, trade: Trade, content: Mapping[str, Any]) -> Payment | None:
    """This function will give the payment that a call means: the one named by trade_no, otherwise the first."""
    payments = box.books.payments(trade)
    named = [payment for payment in payments if payment.trade_no == content.get("trade_no")]
    return next(iter(named or payments), None)


def status_of(box: Box, trade: Trade, payment: Payment | None) -> str:
    """This function will give the trade_status. A trade returned in full is TRADE_CLOSED, like one never paid."""
    if payment is not None:
        returned = box.books.returned_minor(payment)
        return "TRADE_CLOSED" if returned >= payment.amount_minor else "TRADE_SUCCESS"
    return "TRADE_CLOSED" if trade.state is TradeState.CLOSED else "WAIT_BUYER_PAY"


def query(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.query."""
    trade = find(box, content)
    payment = payment_of(box, trade, content)
    told = {
        "buyer_logon_id": masked_login(trade.buyer),
        "buyer_user_id": buyer_id(trade.buyer),
        "out_trade_no": trade.out_trade_no,
        "subject": trade.title,
        "total_amount": money.yuan(trade.amount_minor),
        "trade_no": trade.trade_no,
        "trade_status": status_of(box, trade, payment),
    }
    if trade.request.get("passback_params"):
        told["passback_params"] = trade.request["passback_params"]
    if payment is None:
        return wire.success(told)
    paid = money.yuan(payment.amount_minor)
    return wire.success(
        told
        | {
            "buyer_logon_id": masked_login(payment.payer),
            "buyer_pay_amount": paid,
            "buyer_user_id": buyer_id(payment.payer),
            "fund_bill_list": [{"amount": paid, "fund_channel": "ALIPAYACCOUNT"}],
            "invoice_amount": paid,
            "point_amount": "0.00",
            "receipt_amount": paid,
            "send_pay_date": beijing.spaced(payment.paid_at),
            "total_amount": paid,
            "trade_no": payment.trade_no,
        }
    )


def close(box: Box, parameters: Mapping[str, str], content: Mapping[str, Any]) -> Answer:
    """This function will answer alipay.trade.close: only an unpaid trade that exists can be closed."""
    trade = find(box, content)
    if trade.state is not TradeState.OPEN:
        raise wire.refuse("ACQ.TRADE_STATUS_ERROR")
    till.close(box, trade)
    return wire.success({"out_trade_no": trade.out_trade_no, "trade_no": trade.trade_no})

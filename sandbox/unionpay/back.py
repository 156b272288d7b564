"""UnionPay: undo (31) and refund (04). The answer says accepted; the end comes by notification or query."""

from __future__ import annotations

from datetime import timedelta

from sandbox import beijing
from sandbox.answers import Answer
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box
from sandbox.unionpay import wire
from sandbox.unionpay.consume import amount_fen, check_numbers
from sandbox.unionpay.wire import Fields

_KINDS = {"31": "undo", "04": "refund"}
_ELEVEN_MONTHS_S = 335 * 86400


def settle_date(epoch_s: float) -> str:
    """This function will give the settlement day yyyyMMdd of a moment; the day begins at 23:00."""
    return (beijing.at(epoch_s) + timedelta(hours=1)).strftime("%Y%m%d")


def _original(box: Box, asked: Fields) -> tuple[Trade, Payment]:
    if asked.get("origQryId"):
        trade = box.books.trade_by_trade_no("unionpay", asked["origQryId"])
    else:
        trade = box.books.trade("unionpay", asked.get("origOrderId", ""), asked.get("origTxnTime", ""))
    payments = box.books.payments(trade) if trade else []
    named = [payment for payment in payments if asked.get("origQryId") in (None, "", payment.trade_no)]
    if trade is None or not named:
        raise wire.refuse(asked, "35")
    return trade, named[0]


def _check(box: Box, asked: Fields, payment: Payment, amount: int) -> None:
    now, returned = box.clock.now(), box.books.returned_minor(payment)
    if asked["txnType"] == "31":
        if returned or settle_date(now) != settle_date(payment.paid_at):
            raise wire.refuse(asked, "35")
        if amount != payment.amount_minor:
            raise wire.refuse(asked, "36")
    if now > payment.paid_at + _ELEVEN_MONTHS_S:
        raise wire.refuse(asked, "35")
    if returned + amount > payment.amount_minor:
        raise wire.refuse(asked, "36")


def give_back(box: Box, asked: Fields) -> Answer:
    """This function will accept an undo or a refund, which has an orderId and txnTime of its own."""
    kind = _KINDS.get(asked["txnType"])
    if kind is None or (asked.get("txnSubType"), asked.get("bizType")) != ("00", "000201"):
        raise wire.refuse(asked, "10")
    check_numbers(box, asked)
    amount = amount_fen(asked)
    trade, payment = _original(box, asked)
    _check(box, asked, payment, amount)
    now, settle_s = box.clock.now(), box.settings["unionpay_refund_settle_s"]
    entry = box.books.add_refund(
        Refund(
            channel="unionpay",
            trade_id=trade.id,
            payment_id=payment.id,
            kind=kind,
            out_refund_no=asked["orderId"],
            txn_time=asked["txnTime"],
            refund_no=box.numbers.unionpay_query(now),
            amount_minor=amount,
            state=RefundState.PROCESSING,
            notify_url=asked["backUrl"],
            request=dict(asked),
            created_at=now,
            due_at=None if settle_s is None else now + settle_s / box.time_factor,
        )
    )
    more = {"queryId": entry.refund_no, "origQryId": payment.trade_no, "txnAmt": asked["txnAmt"], "currencyCode": "156"}
    return wire.answer(asked, "00", more)

"""UnionPay: the query. respCode tells whether the query worked; only origRespCode tells of the trade."""

from __future__ import annotations

from sandbox.answers import Answer
from sandbox.books import Refund, Trade, TradeState
from sandbox.box import Box
from sandbox.unionpay import described, wire
from sandbox.unionpay.account import UnionpayAccount
from sandbox.unionpay.wire import Fields


def query(box: Box, account: UnionpayAccount, asked: Fields) -> Answer:
    """This function will answer queryTrans: of a consume, or of a refund or undo, by orderId and txnTime."""
    if (asked["txnType"], asked.get("txnSubType")) != ("00", "00") or asked.get("bizType") not in ("000201", "000000"):
        raise wire.refuse(asked, "10")
    entry = box.books.refund("unionpay", asked["orderId"], txn_time=asked["txnTime"])
    if entry is not None:
        return _of_refund(box, account, asked, entry)
    trade = box.books.trade("unionpay", asked["orderId"], asked["txnTime"])
    if trade is None or trade.state in (TradeState.NEW, TradeState.LAPSED):
        raise wire.refuse(asked, "34")
    return _of_payment(box, account, asked, trade)


def _of_payment(box: Box, account: UnionpayAccount, asked: Fields, trade: Trade) -> Answer:
    payment = next(iter(box.books.payments(trade)), None)
    return _told(asked, described.payment_fields(account, trade, payment), described.state_code(trade, payment))


def _of_refund(box: Box, account: UnionpayAccount, asked: Fields, entry: Refund) -> Answer:
    payment = box.books.payment(entry.payment_id)
    return _told(asked, described.refund_fields(account, payment, entry), described.refund_code(entry))


def _told(asked: Fields, fields: Fields, code: str) -> Answer:
    told = dict(fields) | {
        "bizType": "000000",
        "issuerIdentifyMode": "0",
        "origRespCode": code,
        "origRespMsg": wire.words(code),
        "reserved": "{cardNumberLock=0&route=[a=1&b=2]}",  # brackets hold what would otherwise end the value
    }
    return wire.answer(asked, "00", told)

"""UnionPay: what is said of a payment or a refund, in queries and notifications."""

from __future__ import annotations

from sandbox import beijing
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.unionpay.account import UnionpayAccount
from sandbox.unionpay.back import settle_date

_REFUND_CODES = {
    RefundState.PROCESSING: "05",
    RefundState.SUCCESS: "00",
    RefundState.ABNORMAL: "01",
    RefundState.CLOSED: "61",
}
_REFUND_TYPES = {"undo": "31", "refund": "04", "automatic": "04"}


def is_late(trade: Trade, payment: Payment) -> bool:
    """This function will tell whether the money came after payTimeout; UnionPay then returns it by itself."""
    return payment.paid_at >= trade.expires_at


def state_code(trade: Trade, payment: Payment | None) -> str:
    """This function will give the origRespCode of a payment. A decline is no end: the page can be tried again."""
    if payment is not None:
        return "42" if is_late(trade, payment) else "00"
    if trade.declines:
        return "64"
    return "70" if trade.closed_at is None else "01"


def refund_code(entry: Refund) -> str:
    """This function will give the origRespCode of a refund or undo."""
    return _REFUND_CODES[entry.state]


def _numbers(query_id: str, happened_at: float, amount_minor: int) -> dict[str, str]:
    return {
        "queryId": query_id,
        "settleAmt": str(amount_minor),
        "settleCurrencyCode": "156",
        "settleDate": settle_date(happened_at)[4:],
        "traceNo": query_id[-6:],
        "traceTime": beijing.digits(happened_at)[4:],
        "txnAmt": str(amount_minor),
    }


def payment_fields(account: UnionpayAccount, trade: Trade, payment: Payment | None) -> dict[str, str]:
    """This function will describe a consume; the queryId exists once it is paid."""
    fields = {
        "accessType": "0",
        "bizType": "000201",
        "currencyCode": "156",
        "encoding": "utf-8",
        "merId": account.mer_id,
        "orderId": trade.out_trade_no,
        "txnAmt": str(trade.amount_minor),
        "txnSubType": "01",
        "txnTime": trade.txn_time,
        "txnType": "01",
        "version": "5.1.0",
    }
    if trade.request.get("reqReserved"):
        fields["reqReserved"] = trade.request["reqReserved"]
    if payment is not None:
        fields |= {"payType": "0201"} | _numbers(payment.trade_no, payment.paid_at, payment.amount_minor)
    return fields


def refund_fields(account: UnionpayAccount, payment: Payment, entry: Refund) -> dict[str, str]:
    """This function will describe a refund or undo."""
    fields = {
        "accessType": "0",
        "bizType": "000201",
        "currencyCode": "156",
        "encoding": "utf-8",
        "merId": account.mer_id,
        "orderId": entry.out_refund_no,
        "origQryId": payment.trade_no,
        "txnSubType": "00",
        "txnTime": entry.txn_time,
        "txnType": _REFUND_TYPES[entry.kind],
        "version": "5.1.0",
    }
    if entry.request.get("reqReserved"):
        fields["reqReserved"] = entry.request["reqReserved"]
    return fields | _numbers(entry.refund_no, entry.settled_at or entry.created_at, entry.amount_minor)

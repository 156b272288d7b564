"""What WeChat Pay's error codes and states mean for us. What is not here is UNKNOWN.

Error answers are unsigned, so none of them says CLOSED or FAILED: "order closed" and "order paid" mean "query".
Source: WeChat Pay v3, error codes of the payment and refund pages.
"""

from __future__ import annotations

from collections.abc import Mapping

from cashier.channels.base import Outcome

ERRORS: Mapping[str, Outcome] = {
    # Ours to put right; this call moved nothing.
    "PARAM_ERROR": Outcome.REFUSED,
    "INVALID_REQUEST": Outcome.REFUSED,
    "APPID_MCHID_NOT_MATCH": Outcome.REFUSED,
    "MCH_NOT_EXISTS": Outcome.REFUSED,
    "INVALID_TRANSACTIONID": Outcome.REFUSED,
    "SIGN_ERROR": Outcome.REFUSED,
    "NO_AUTH": Outcome.REFUSED,
    "RULE_LIMIT": Outcome.REFUSED,
    "ACCOUNT_ERROR": Outcome.REFUSED,
    "NOT_ENOUGH": Outcome.REFUSED,  # our balance does not cover the refund: same number again, later
    # The number is used, paid or closed: only a query can tell which.
    "OUT_TRADE_NO_USED": Outcome.UNKNOWN,
    "ORDERPAID": Outcome.UNKNOWN,
    "TRADE_ERROR": Outcome.UNKNOWN,
    "ORDER_CLOSED": Outcome.UNKNOWN,
    # Not known there, which proves nothing while a create may be in flight.
    "ORDER_NOT_EXIST": Outcome.NOT_FOUND,
    "ORDERNOTEXIST": Outcome.NOT_FOUND,
    "RESOURCE_NOT_EXISTS": Outcome.NOT_FOUND,
    "USERPAYING": Outcome.IN_PROGRESS,
    # Bills.
    "STATEMENT_CREATING": Outcome.IN_PROGRESS,
    "NO_STATEMENT_EXIST": Outcome.NOT_FOUND,
    # Busy or broken.
    "FREQUENCY_LIMITED": Outcome.UNKNOWN,
    "SYSTEM_ERROR": Outcome.UNKNOWN,
    "SYSTEMERROR": Outcome.UNKNOWN,
    "BANK_ERROR": Outcome.UNKNOWN,
    "OPENID_MISMATCH": Outcome.UNKNOWN,
}

TRADE_STATES: Mapping[str, Outcome] = {
    "SUCCESS": Outcome.PAID,
    "REFUND": Outcome.PAID,  # paid, and some of it went back: the refund query tells how much
    "NOTPAY": Outcome.IN_PROGRESS,
    "USERPAYING": Outcome.IN_PROGRESS,
    "ACCEPT": Outcome.IN_PROGRESS,
    "CLOSED": Outcome.CLOSED,
    "REVOKED": Outcome.FAILED,
    "PAYERROR": Outcome.FAILED,
}

REFUND_STATES: Mapping[str, Outcome] = {
    "SUCCESS": Outcome.PAID,
    "PROCESSING": Outcome.IN_PROGRESS,
    "ABNORMAL": Outcome.IN_PROGRESS,  # the payer's card is gone; the refund stays open until the merchant redirects it
    "CLOSED": Outcome.FAILED,
}


def of_error(status: int, code: str) -> Outcome:
    """Return what an answer with HTTP `status` and `code` means; every 5xx is UNKNOWN, whatever it says."""
    return Outcome.UNKNOWN if status >= 500 else ERRORS.get(code, Outcome.UNKNOWN)

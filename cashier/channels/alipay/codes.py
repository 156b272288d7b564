"""What Alipay's codes and states mean for us. What is not here is UNKNOWN.

Business answers (40004) are signed, so a refusal for good is FAILED there, but only where no earlier call of the same
number can have worked. "Has succeeded" and "is closed" mean "query": closed can be unpaid or refunded.
Source: Alipay OpenAPI, public codes and the business codes of each method.
"""

from __future__ import annotations

from collections.abc import Mapping

from cashier.channels.base import Outcome

SUCCESS = "10000"
BUSINESS = "40004"

PUBLIC: Mapping[str, Outcome] = {
    "10003": Outcome.IN_PROGRESS,
    "20000": Outcome.UNKNOWN,
    "20001": Outcome.REFUSED,
    "40001": Outcome.REFUSED,
    "40002": Outcome.REFUSED,
    "40003": Outcome.REFUSED,
    "40005": Outcome.UNKNOWN,  # too many calls
    "40006": Outcome.REFUSED,
}

_ANY: Mapping[str, Outcome] = {
    "SYSTEM_ERROR": Outcome.UNKNOWN,
    "INVALID_PARAMETER": Outcome.REFUSED,
    "ACCESS_FORBIDDEN": Outcome.REFUSED,
    "PARTNER_ERROR": Outcome.REFUSED,
    # A trade begins to exist when the shopper scans or logs in: until the deadline its code can still be paid.
    "TRADE_NOT_EXIST": Outcome.NOT_FOUND,
}

PAYMENT: Mapping[str, Outcome] = {
    **_ANY,
    "TRADE_HAS_SUCCESS": Outcome.UNKNOWN,
    "TRADE_HAS_CLOSE": Outcome.UNKNOWN,
    "TRADE_HAS_FINISHED": Outcome.UNKNOWN,
    "CONTEXT_INCONSISTENT": Outcome.UNKNOWN,
    "DUP_OUT_ORDER": Outcome.UNKNOWN,
    "APPLY_PC_MERCHANT_CODE_ERROR": Outcome.UNKNOWN,
    "NOW_TIME_AFTER_EXPIRE_TIME_ERROR": Outcome.UNKNOWN,  # an earlier call may have been in time
    "TRADE_STATUS_ERROR": Outcome.UNKNOWN,
    "REASON_TRADE_STATUS_INVALID": Outcome.UNKNOWN,
    "REASON_ILLEGAL_STATUS": Outcome.UNKNOWN,
    "SELLER_BALANCE_NOT_ENOUGH": Outcome.REFUSED,
}

CREATE: Mapping[str, Outcome] = {
    **PAYMENT,
    "TOTAL_FEE_EXCEED": Outcome.FAILED,
    "BUYER_SELLER_EQUAL": Outcome.FAILED,
    "EXIST_FORBIDDEN_WORD": Outcome.FAILED,
}

REFUND: Mapping[str, Outcome] = {
    **_ANY,
    # This call moved nothing, and the same number may work later or needs a person.
    "SELLER_BALANCE_NOT_ENOUGH": Outcome.REFUSED,
    "REFUND_AMT_NOT_EQUAL_TOTAL": Outcome.REFUSED,
    "REFUND_FEE_ERROR": Outcome.REFUSED,
    "REASON_TRADE_REFUND_FEE_ERR": Outcome.REFUSED,
    "REASON_TRADE_BEEN_FREEZEN": Outcome.REFUSED,
    "BUYER_ERROR": Outcome.REFUSED,
    "BUYER_NOT_EXIST": Outcome.REFUSED,
    # Alipay returns nothing for this trade, or not in parts.
    "TRADE_NOT_ALLOW_REFUND": Outcome.FAILED,
    "NOT_ALLOW_PARTIAL_REFUND": Outcome.FAILED,
    "TRADE_HAS_FINISHED": Outcome.FAILED,
    # An earlier call may have returned it.
    "DISCORDANT_REPEAT_REQUEST": Outcome.UNKNOWN,
    "TRADE_HAS_CLOSE": Outcome.UNKNOWN,
    "TRADE_STATUS_ERROR": Outcome.UNKNOWN,
    "REASON_TRADE_STATUS_INVALID": Outcome.UNKNOWN,
}

BILL: Mapping[str, Outcome] = {
    **_ANY,
    "NO_BILL_DATA": Outcome.NOT_FOUND,
    "BILL_NOT_EXIST": Outcome.IN_PROGRESS,  # not made yet
    "SYSTEM_RATE_LIMIT": Outcome.UNKNOWN,
    "USER_RATE_LIMIT": Outcome.UNKNOWN,
    "INVAILID_ARGUMENTS": Outcome.REFUSED,  # Alipay's spelling
}

TRADE_STATES: Mapping[str, Outcome] = {
    "WAIT_BUYER_PAY": Outcome.IN_PROGRESS,
    "TRADE_SUCCESS": Outcome.PAID,
    "TRADE_FINISHED": Outcome.PAID,
    "TRADE_CLOSED": Outcome.CLOSED,  # unless it was paid before: facts.of_trade tells them apart
}


def of_answer(code: str, sub_code: str, table: Mapping[str, Outcome], *, signed: bool) -> Outcome:
    """Return what an answer other than 10000 means; an unsigned one is REFUSED at most.

    Business codes come as `ACQ.X`, `aop.ACQ.X`, misspelt `AQC.X` or plain `X`: the last part counts.
    """
    outcome = PUBLIC.get(code, Outcome.UNKNOWN)
    if code == BUSINESS:
        outcome = table.get(sub_code.rsplit(".", 1)[-1], Outcome.UNKNOWN)
    if signed or (outcome is Outcome.REFUSED and code != BUSINESS):
        return outcome
    return Outcome.UNKNOWN

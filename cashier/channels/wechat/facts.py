"""WeChat Pay's transactions and refunds as facts: the same translation for answers and notifications."""

from __future__ import annotations

from typing import Any

from cashier.channels.base import Fact, Outcome
from cashier.channels.beijing import read_rfc3339
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import unknown
from cashier.channels.wechat import codes
from payhub.money import Money

# What is kept as evidence. A list of what may stay, so that a new field with somebody's name in it stays out.
_KEPT = (
    "appid", "mchid", "out_trade_no", "transaction_id", "trade_type", "trade_state", "trade_state_desc", "bank_type",
    "success_time", "create_time", "amount", "refund_id", "out_refund_no", "status", "refund_status", "channel",
    "funds_account",
)  # fmt: skip


def of_transaction(data: dict[str, Any], *, appid: str, mchid: str, attempt_no: str = "") -> Fact:
    """Translate a payment; raise Trouble when it is not this account's, not `attempt_no`'s (if given), or unreadable.

    PAID carries `amount.total`, the order's amount: a coupon of WeChat's lowers `payer_total` only.
    """
    number = text_of(data, "out_trade_no")
    if data.get("appid") != appid or data.get("mchid") != mchid or not number or number != (attempt_no or number):
        raise unknown("other_account", "This is about another account or number.")
    state = text_of(data, "trade_state")
    outcome = codes.TRADE_STATES.get(state, Outcome.UNKNOWN)
    return Fact(
        outcome=outcome,
        attempt_no=number,
        amount=_fen(data, "total") if outcome is Outcome.PAID else None,
        channel_trade_no=text_of(data, "transaction_id"),
        occurred_at=read_rfc3339(text_of(data, "success_time")),
        code=state or "malformed",
        message=text_of(data, "trade_state_desc"),
        raw=_evidence(data),
    )


def of_refund(data: dict[str, Any], *, attempt_no: str = "", refund_no: str = "") -> Fact:
    """Translate a refund; raise Trouble when it is another one than that given, or unreadable."""
    number, ours = text_of(data, "out_refund_no"), text_of(data, "out_trade_no")
    if not number or number != (refund_no or number) or not ours or ours != (attempt_no or ours):
        raise unknown("other_account", "This is about another refund.")
    # Answers say `status`, notifications `refund_status`.
    state = text_of(data, "status") or text_of(data, "refund_status")
    outcome = codes.REFUND_STATES.get(state, Outcome.UNKNOWN)
    return Fact(
        outcome=outcome,
        attempt_no=ours,
        refund_no=number,
        amount=_fen(data, "refund") if outcome is Outcome.PAID else None,
        channel_trade_no=text_of(data, "refund_id"),
        occurred_at=read_rfc3339(text_of(data, "success_time")),
        code=state or "malformed",
        raw=_evidence(data),
    )


def _fen(data: dict[str, Any], name: str) -> Money:
    amount = data.get("amount")
    if isinstance(amount, dict):
        minor = amount.get(name)
        # A refund notification names no currency: a domestic account has one.
        if amount.get("currency", "CNY") != "CNY":
            raise unknown("other_currency", "WeChat Pay collects CNY.")
        if type(minor) is int and minor > 0:
            return Money(minor, "CNY")
    raise unknown("malformed", "It says paid, but not how much.")


def _evidence(data: dict[str, Any]) -> dict[str, Any]:
    return {name: data[name] for name in _KEPT if name in data}

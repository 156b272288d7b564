"""Alipay's trades and refunds as facts: the same translation for answers and notifications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cashier.channels.alipay import codes
from cashier.channels.base import Fact, Outcome, Return
from cashier.channels.beijing import read_plain
from cashier.channels.strict_json import text_of
from cashier.channels.trouble import unknown
from payhub.money import Money

# What is kept as evidence. A list of what may stay, so that a new field with somebody's name in it stays out.
_KEPT = (
    "app_id", "seller_id", "out_trade_no", "trade_no", "trade_status", "total_amount", "receipt_amount",
    "invoice_amount", "buyer_pay_amount", "send_pay_date", "gmt_create", "gmt_payment", "gmt_close", "gmt_refund",
    "refund_fee", "out_biz_no", "notify_id", "out_request_no", "refund_amount", "refund_status", "fund_change",
    "send_back_fee", "gmt_refund_pay", "action", "retry_flag",
)  # fmt: skip


def of_trade(data: dict[str, Any], attempt_no: str) -> Fact:
    """Translate a payment. PAID carries `total_amount`: coupons of Alipay's lower what the buyer paid, not that."""
    state = text_of(data, "trade_status")
    outcome = codes.TRADE_STATES.get(state, Outcome.UNKNOWN)
    if outcome is Outcome.CLOSED and _was_paid(data):
        outcome = Outcome.PAID  # closed because all of it went back
    return Fact(
        outcome=outcome,
        attempt_no=attempt_no,
        amount=_yuan(data, "total_amount") if outcome is Outcome.PAID else None,
        channel_trade_no=text_of(data, "trade_no"),
        occurred_at=read_plain(text_of(data, "send_pay_date") or text_of(data, "gmt_payment")),
        code=state or "malformed",
        raw=evidence(data),
    )


def of_refund_notice(form: dict[str, Any], attempt_no: str) -> Fact:
    """Translate "some of it went back": a hint to query the refund, as `refund_fee` is the sum of all refunds."""
    return Fact(
        outcome=Outcome.IN_PROGRESS,
        attempt_no=attempt_no,
        refund_no=text_of(form, "out_biz_no"),
        channel_trade_no=text_of(form, "trade_no"),
        occurred_at=read_plain(text_of(form, "gmt_refund").split(".")[0]),
        code=text_of(form, "trade_status"),
        raw=evidence(form),
    )


def of_refund_answer(data: dict[str, Any], order: Return) -> Fact:
    """Translate the answer to a refund: final when the money moved now, else (a repeat) a query has to tell."""
    moved = text_of(data, "fund_change") == "Y"
    if moved and _yuan(data, "refund_fee").minor < order.amount.minor:  # refund_fee: all refunds of this trade
        raise unknown("malformed", "Less was returned than we asked for.")
    return Fact(
        outcome=Outcome.PAID if moved else Outcome.IN_PROGRESS,
        attempt_no=order.trade.attempt_no,
        refund_no=order.refund_no,
        amount=order.amount if moved else None,
        channel_trade_no=text_of(data, "trade_no"),
        occurred_at=read_plain(text_of(data, "gmt_refund_pay")),
        code=f"fund_change={text_of(data, 'fund_change')}",
        raw=evidence(data),
    )


def of_refund_query(data: dict[str, Any], order: Return) -> Fact:
    """Translate a refund query: no `refund_status` means that Alipay did not get the refund, or has not made it."""
    state = text_of(data, "refund_status")
    found = {"": Outcome.NOT_FOUND, "REFUND_SUCCESS": Outcome.PAID}.get(state, Outcome.UNKNOWN)
    if found is Outcome.PAID and text_of(data, "out_request_no") != order.refund_no:
        raise unknown("other_account", "This is about another refund.")
    return Fact(
        outcome=found,
        attempt_no=order.trade.attempt_no,
        refund_no=order.refund_no,
        amount=_yuan(data, "refund_amount") if found is Outcome.PAID else None,
        channel_trade_no=text_of(data, "trade_no"),
        occurred_at=read_plain(text_of(data, "gmt_refund_pay")),
        code=state,
        raw=evidence(data),
    )


def has_refund(form: Mapping[str, Any]) -> bool:
    """Tell whether a notification is about a refund. An unpaid trade's end comes with `refund_fee=0.00`."""
    return bool(form.get("gmt_refund")) or form.get("refund_fee", "") not in {"", "0", "0.00"}


def evidence(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a message is kept: no buyer's ids and names."""
    return {name: data[name] for name in _KEPT if name in data}


def _was_paid(data: dict[str, Any]) -> bool:
    return bool(data.get("send_pay_date") or data.get("gmt_payment") or has_refund(data))


def _yuan(data: dict[str, Any], name: str) -> Money:
    try:
        amount = Money.from_major(text_of(data, name), "CNY")
    except ValueError as error:
        raise unknown("malformed", "It says paid, but not how much.") from error
    if amount.minor <= 0:
        raise unknown("malformed", "It says paid, but not how much.")
    return amount

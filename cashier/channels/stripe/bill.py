"""Stripe's balance transactions of one UTC day, as bill lines. Source: Stripe API, balance transactions."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from cashier.channels.base import BillKind, BillLine, BillNotReady, UnreadableLine
from cashier.channels.bill_reading import DOWNLOAD_TIMEOUT_S, Lines, is_empty
from cashier.channels.strict_json import text_of
from cashier.channels.stripe import facts
from cashier.channels.stripe.wire import Wire
from cashier.channels.trouble import Trouble
from payhub.money import Money

READY_AFTER = timedelta(hours=1)
KINDS = {
    "charge": BillKind.PAYMENT,
    "payment": BillKind.PAYMENT,
    "refund": BillKind.REFUND,
    "payment_refund": BillKind.REFUND,
}
# Movements of our balance that are no trade of a shopper's.
OTHER = {"payout", "payout_cancel", "payout_failure", "payout_minimum_balance_hold", "stripe_fee", "tax_fee", "topup"}


def bill(wire: Wire, day: date, now: datetime) -> Lines:
    """Read the trades of a day; raise BillNotReady, BillUnusable. There are no totals to compare with."""
    begins = datetime.combine(day, time(), UTC)
    if now < begins + timedelta(days=1) + READY_AFTER:
        raise BillNotReady("The day is not over at Stripe.")
    created = {"gte": int(begins.timestamp()), "lt": int((begins + timedelta(days=1)).timestamp())}
    listed = wire.pages(
        "/v1/balance_transactions", timeout_s=DOWNLOAD_TIMEOUT_S, created=created, expand=["data.source"]
    )
    try:
        for number, transaction in enumerate(listed, start=1):
            kind = text_of(transaction, "type")
            if kind not in OTHER:
                yield _line(number, kind, transaction)
    except Trouble as trouble:
        if not is_empty(trouble):
            raise


def _line(number: int, word: str, transaction: dict[str, Any]) -> BillLine | UnreadableLine:
    kind, source = KINDS.get(word), transaction.get("source")
    if kind is None:
        return UnreadableLine(row=number, reason=f"A kind of movement that is no payment and no refund: {word}.")
    if not isinstance(source, dict):
        return UnreadableLine(row=number, reason="It does not say what it is about.")
    try:
        amount = facts.money(source, "amount")
    except Trouble as trouble:
        return UnreadableLine(row=number, reason=f"It has no amount: {trouble.message}")
    is_refund = kind is BillKind.REFUND
    return BillLine(
        row=number,
        kind=kind,
        attempt_no=facts.attempt_no_of(source),
        refund_no=facts.refund_no_of(source) if is_refund else "",
        amount=amount,
        fee=_fee(transaction),
        channel_trade_no=facts.intent_of(source),
        channel_refund_no=text_of(source, "id") if is_refund else "",
        occurred_at=facts.time_of(transaction.get("created")),
        state=text_of(transaction, "status"),
    )


def _fee(transaction: dict[str, Any]) -> Money | None:
    """Return the fee, in the currency of our balance, which may be another than the payment's."""
    fee = transaction.get("fee")
    try:
        return Money(fee, text_of(transaction, "currency").upper()) if type(fee) is int else None
    except ValueError:
        return None

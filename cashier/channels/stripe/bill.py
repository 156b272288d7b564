"""Stripe's balance transactions of one UTC day, as bill lines. Source: Stripe API, balance transactions."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, BinaryIO

from cashier.channels.base import BillKind, BillLine, BillNotReady, BillUnusable, UnreadableLine
from cashier.channels.bill_reading import DOWNLOAD_TIMEOUT_S, Lines, is_empty, lines_of, size_of
from cashier.channels.strict_json import read_object, text_of
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


# What a line is made of; the rest (cards, names, addresses) is not kept.
_KEPT = ("id", "type", "created", "fee", "currency", "status")
_KEPT_OF_SOURCE = ("id", "object", "amount", "currency", "metadata", "payment_intent", "charge")


def starts_at(day: date) -> datetime:
    """Return UTC's midnight."""
    return datetime.combine(day, time(), UTC)


def fetch(wire: Wire, day: date, now: datetime, into: BinaryIO) -> bool:
    """List the trades of a day into a file, one a line, and how many at its end; raise BillNotReady, BillUnusable."""
    begins = starts_at(day)
    if now < begins + timedelta(days=1) + READY_AFTER:
        raise BillNotReady("The day is not over at Stripe.")
    created = {"gte": int(begins.timestamp()), "lt": int((begins + timedelta(days=1)).timestamp())}
    listed = wire.pages(
        "/v1/balance_transactions", timeout_s=DOWNLOAD_TIMEOUT_S, created=created, expand=["data.source"]
    )
    count = 0
    try:
        for transaction in listed:
            count += 1
            into.write(json.dumps(_kept(transaction)).encode() + b"\n")
    except Trouble as trouble:
        if count == 0 and is_empty(trouble):
            return False
        raise BillNotReady(f"The list broke off: {trouble.code}.") from trouble
    into.write(json.dumps({"day": str(day), "count": count}).encode() + b"\n")
    return True


def read(file: BinaryIO, day: date) -> Lines:
    """Read the trades of a day; raise BillUnusable. Stripe tells no totals: the end says how many there are."""
    number = 0
    for number, text in enumerate(lines_of(file, size_of(file)), start=1):
        try:
            transaction = read_object(text)
        except ValueError:
            yield UnreadableLine(row=number, reason="It is not a line of Stripe's list.")
            continue
        if "count" in transaction:
            if transaction != {"day": str(day), "count": number - 1}:
                raise BillUnusable("The list is another day's, or its end does not say how many lines there are.")
            return
        kind = text_of(transaction, "type")
        if kind not in OTHER:
            yield _line(number, kind, transaction)
    raise BillUnusable("The list has no end.")


def _kept(transaction: dict[str, Any]) -> dict[str, Any]:
    kept = {name: transaction[name] for name in _KEPT if name in transaction}
    source = transaction.get("source")
    if isinstance(source, dict):
        intent = source.get("payment_intent")
        kept["source"] = {name: source[name] for name in _KEPT_OF_SOURCE if name in source}
        if isinstance(intent, dict):
            kept["source"]["payment_intent"] = text_of(intent, "id")
    return kept


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

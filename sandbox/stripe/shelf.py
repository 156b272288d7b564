"""Stripe's objects by id, and expanded in place where a request asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import bills
from sandbox.books import Payment, Trade
from sandbox.box import Box
from sandbox.stripe import objects, wire

CHANNEL = "stripe"
_ALWAYS = float("inf")


def first_payment(box: Box, trade: Trade) -> Payment | None:
    """This function will give the payment of a trade; a session or intent is paid at most once."""
    return next(iter(box.books.payments(trade)), None)


def session_trade(box: Box, number: str) -> Trade:
    """This function will find the trade of a session id; raise Refusal 404."""
    trade = box.books.trade_by_token(CHANNEL, number)
    if trade is None or trade.method != "checkout":
        raise wire.missing("checkout.session", number)
    return trade


def intent_trade(box: Box, number: str) -> Trade:
    """This function will find the trade of an intent id; raise Refusal 404."""
    trade = box.books.trade_by_trade_no(CHANNEL, number) if number.startswith("pi_") else None
    if trade is None:
        raise wire.missing("payment_intent", number)
    return trade


def session(box: Box, trade: Trade) -> dict[str, Any]:
    """This function will give a session as it stands."""
    return objects.session(trade, first_payment(box, trade), box.base_url)


def intent(box: Box, trade: Trade) -> dict[str, Any]:
    """This function will give an intent as it stands."""
    return objects.intent(trade, first_payment(box, trade))


def charge(box: Box, number: str) -> dict[str, Any] | None:
    """This function will give a charge, None when there is none."""
    trade = box.books.trade_by_trade_no(CHANNEL, number)
    payment = first_payment(box, trade) if trade else None
    if trade is None or payment is None:
        return None
    return objects.charge(trade, payment, box.books.returned_minor(payment))


def refund(box: Box, number: str) -> dict[str, Any] | None:
    """This function will give a refund, None when there is none."""
    entry = box.books.refund_by_refund_no(CHANNEL, number)
    if entry is None:
        return None
    return objects.refund(box.books.trade_by_id(entry.trade_id), box.books.payment(entry.payment_id), entry)


def payout_rows(box: Box) -> list[Mapping[str, Any]]:
    """This function will list the rows of all payouts, the oldest first."""
    return [dict(row) for row in box.store.rows("SELECT * FROM payout ORDER BY created_at, id")]


def payout(box: Box, number: str) -> dict[str, Any] | None:
    """This function will give a payout, None when there is none."""
    row = box.store.one("SELECT * FROM payout WHERE number = ?", number)
    return None if row is None else objects.payout(dict(row))


def movements(box: Box) -> list[dict[str, Any]]:
    """This function will give what really moved by payments and refunds, the oldest first."""
    now = box.clock.now()
    return [objects.transaction(line, now) for line in bills.true_lines(box, CHANNEL, 0, _ALWAYS)]


def transactions(box: Box) -> list[dict[str, Any]]:
    """This function will list the balance transactions, the newest first, with every bill fault that is set."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for line in bills.lines(box, CHANNEL, 0, _ALWAYS):
        one = objects.transaction(line, box.clock.now())
        while one["id"] in seen:  # a line that a bill fault doubled
            one["id"] += "x"
        seen.add(one["id"])
        found.append(one)
    for row in payout_rows(box):
        found += objects.payout_transactions(row)
    return found[::-1]


def transaction(box: Box, number: str) -> dict[str, Any] | None:
    """This function will give a balance transaction, None when there is none."""
    return next((one for one in transactions(box) if one["id"] == number), None)


def taken(box: Box, number: str) -> dict[str, Any] | None:
    """This function will give any object that can be expanded, by its id."""
    kind = number.partition("_")[0]
    if kind == "pi":
        trade = box.books.trade_by_trade_no(CHANNEL, number)
        return intent(box, trade) if trade else None
    find = {"ch": charge, "re": refund, "po": payout, "txn": transaction}.get(kind)
    return find(box, number) if find else None


def expanded(box: Box, thing: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """This function will replace the ids named by expand[] with the objects that they are."""
    for path in asked.get("expand") or []:
        _expand(box, thing, str(path).split("."))
    return thing


def _expand(box: Box, thing: Any, path: list[str]) -> None:
    if isinstance(thing, list):
        for item in thing:
            _expand(box, item, path)
        return
    if not path or not isinstance(thing, dict):
        return
    inner = thing.get(path[0])
    if isinstance(inner, str):
        thing[path[0]] = taken(box, inner) or inner
    _expand(box, thing.get(path[0]), path[1:])

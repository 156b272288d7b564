"""Stripe: balance transactions, which are its bill. Bill faults spoil them like any other bill."""

from __future__ import annotations

import json
from typing import Any

from sandbox import bills
from sandbox.answers import Answer
from sandbox.box import Box
from sandbox.stripe import objects, shelf, wire
from sandbox.stripe.lists import page

_ALWAYS = float("inf")


def listed(box: Box, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/balance_transactions."""
    transactions = _transactions(box)
    if "payout" in asked:
        content = _content(box, asked["payout"])
        transactions = [one for one in transactions if one["source"] in content]
    for name in ("type", "source"):
        if name in asked:
            transactions = [one for one in transactions if one[name] == asked[name]]
    shown = page("/v1/balance_transactions", transactions, asked)
    if "data.source" in (asked.get("expand") or []):
        for one in shown["data"]:
            one["source"] = _source(box, one)
    return wire.success(shown)


def get(box: Box, number: str, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/balance_transactions/{id}."""
    for one in _transactions(box):
        if one["id"] == number:
            return wire.success(shelf.expanded(box, one, asked))
    raise wire.missing("balance_transaction", number)


def movements(box: Box) -> list[dict[str, Any]]:
    """This function will give what really moved by payments and refunds, the oldest first."""
    now = box.clock.now()
    return [objects.transaction(line, now) for line in bills.true_lines(box, shelf.CHANNEL, 0, _ALWAYS)]


def _content(box: Box, number: str) -> set[str]:
    """What a payout is made of, by source, and the payout itself."""
    for row in shelf.payout_rows(box):
        if row["number"] == number:
            return {number, *json.loads(row["content"])}
    raise wire.missing("payout", number)


def _transactions(box: Box) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for line in bills.lines(box, shelf.CHANNEL, 0, _ALWAYS):
        one = objects.transaction(line, box.clock.now())
        while one["id"] in seen:  # a line that a bill fault doubled
            one["id"] += "x"
        seen.add(one["id"])
        found.append(one)
    for row in shelf.payout_rows(box):
        found += objects.payout_transactions(row)
    return found[::-1]


def _source(box: Box, one: dict[str, Any]) -> dict[str, Any]:
    """What the transaction is of, in agreement with it: also where a bill fault made the amount or the whole up."""
    stranger = {"id": one["source"], "object": "charge", "currency": one["currency"], "metadata": {}}
    stranger |= {"created": one["created"], "payment_intent": None, "status": "succeeded"}
    return (shelf.taken(box, one["source"]) or stranger) | {"amount": abs(one["amount"])}

"""Stripe: balance transactions, which are its bill. Bill faults spoil them like any other bill."""

from __future__ import annotations

import json
from typing import Any

from sandbox.answers import Answer
from sandbox.box import Box
from sandbox.stripe import shelf, wire
from sandbox.stripe.lists import page


def listed(box: Box, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/balance_transactions."""
    transactions = shelf.transactions(box)
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
    found = shelf.transaction(box, number)
    if found is None:
        raise wire.missing("balance_transaction", number)
    return wire.success(shelf.expanded(box, found, asked))


def _content(box: Box, number: str) -> set[str]:
    """What a payout is made of, by source, and the payout itself."""
    for row in shelf.payout_rows(box):
        if row["number"] == number:
            return {number, *json.loads(row["content"])}
    raise wire.missing("payout", number)


def _source(box: Box, one: dict[str, Any]) -> dict[str, Any]:
    """What the transaction is of, in agreement with it: also where a bill fault made the amount or the whole up."""
    stranger = {"id": one["source"], "object": "charge", "currency": one["currency"], "metadata": {}}
    stranger |= {"created": one["created"], "payment_intent": None, "status": "succeeded"}
    return (shelf.taken(box, one["source"]) or stranger) | {"amount": abs(one["amount"])}

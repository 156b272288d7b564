"""Stripe: payouts. At every UTC midnight the money that has become available goes to the merchant's bank, by itself."""

from __future__ import annotations

import json
from typing import Any

from sandbox import notify
from sandbox.answers import Answer
from sandbox.box import Box
from sandbox.stripe import objects, shelf, wire
from sandbox.stripe.lists import page

DAY_S = 86400


def make(box: Box, now: float) -> None:
    """This function will make the payouts of every midnight until now: of what was available and in none before.

    They are made of what really moved: a bill fault makes the list disagree with the payout, as in life.
    """
    if box.settings["stripe_payouts"] != "daily":
        return
    paid_out = {source for row in shelf.payout_rows(box) for source in json.loads(row["content"])}
    waiting: dict[tuple[float, str], list[dict[str, Any]]] = {}
    for one in shelf.movements(box):
        midnight = -(-one["available_on"] // DAY_S) * DAY_S  # the first one at or after it
        if midnight <= now and one["source"] not in paid_out:
            waiting.setdefault((midnight, one["currency"]), []).append(one)
    owed: dict[str, list[dict[str, Any]]] = {}  # more went back than came in: it waits for the next day
    for (midnight, currency), found in sorted(waiting.items(), key=lambda item: item[0]):
        content = owed.pop(currency, []) + found
        if sum(one["net"] for one in content) > 0:
            _enter(box, midnight, currency, content)
        else:
            owed[currency] = content


def _enter(box: Box, at: float, currency: str, content: list[dict[str, Any]]) -> None:
    number = box.numbers.stripe("po")
    box.store.run(
        "INSERT INTO payout (number, amount_minor, currency, content, state, created_at, arrives_at)"
        " VALUES (?, ?, ?, ?, 'in_transit', ?, ?)",
        number, sum(one["net"] for one in content), currency, json.dumps([one["source"] for one in content]),
        at, at + DAY_S,
    )  # fmt: skip
    _tell(box, number, "payout.created")


def arrive(box: Box, now: float) -> None:
    """This function will let every payout arrive at the bank whose time has come."""
    for row in shelf.payout_rows(box):
        if row["state"] == "in_transit" and row["arrives_at"] <= now:
            box.store.run("UPDATE payout SET state = 'paid' WHERE id = ?", row["id"])
            _tell(box, row["number"], "payout.paid", "payout.reconciliation_completed")


def fail(box: Box, number: str) -> dict[str, Any]:
    """This function will let the bank send a payout back, one that was paid too; raise LookupError."""
    payout = shelf.payout(box, number)
    if payout is None or payout["status"] == "failed":
        raise LookupError(f"No payout {number} that could fail.")
    box.store.run("UPDATE payout SET state = 'failed', failed_at = ? WHERE number = ?", box.clock.now(), number)
    _tell(box, number, "payout.failed")
    return shelf.payout(box, number) or {}


def _tell(box: Box, number: str, *kinds: str) -> None:
    payout = shelf.payout(box, number)
    notify.announce_of_account(box, shelf.CHANNEL, number, [{"type": kind, "object": payout} for kind in kinds])


def listed(box: Box, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/payouts."""
    found = [objects.payout(row) for row in reversed(shelf.payout_rows(box))]
    found = [one for one in found if asked.get("status") in (None, one["status"])]
    return wire.success(shelf.expanded(box, page("/v1/payouts", found, asked), asked))


def get(box: Box, number: str, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/payouts/{id}."""
    payout = shelf.payout(box, number)
    if payout is None:
        raise wire.missing("payout", number)
    return wire.success(shelf.expanded(box, payout, asked))

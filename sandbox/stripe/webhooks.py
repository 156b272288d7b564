"""Stripe: the account's webhook endpoint (one; a new one takes its place) and the list of events."""

from __future__ import annotations

import json
from typing import Any

from sandbox.answers import Answer
from sandbox.box import Box
from sandbox.stripe import objects, wire
from sandbox.stripe.lists import page

_KEPT = "stripe_webhook"


def url(box: Box) -> str:
    """This function will give where events are posted; empty when nowhere."""
    kept = box.store.recall(_KEPT)
    return str(kept["url"]) if kept else ""


def create(box: Box, secret: str, asked: dict[str, Any]) -> Answer:
    """This function will answer POST /v1/webhook_endpoints: all events go there from now on, signed with `secret`."""
    address = str(asked.get("url", ""))
    if not address.startswith(("http://", "https://")):
        raise wire.refuse(400, "Invalid URL: an explicit scheme is required.", "url_invalid", param="url")
    endpoint = {"id": box.numbers.stripe("we"), "object": "webhook_endpoint", "url": address, "status": "enabled",
                "enabled_events": asked.get("enabled_events") or ["*"], "livemode": False,
                "created": int(box.clock.now())}  # fmt: skip
    box.store.remember(_KEPT, endpoint)
    return wire.success(endpoint | {"secret": secret})


def listed(box: Box, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/webhook_endpoints."""
    kept = box.store.recall(_KEPT)
    return wire.success(page("/v1/webhook_endpoints", [kept] if kept else [], asked))


def delete(box: Box, number: str) -> Answer:
    """This function will answer DELETE /v1/webhook_endpoints/{id}."""
    kept = box.store.recall(_KEPT)
    if not kept or kept["id"] != number:
        raise wire.missing("webhook_endpoint", number)
    box.store.remember(_KEPT, None)
    return wire.success({"id": number, "object": "webhook_endpoint", "deleted": True})


def events(box: Box, asked: dict[str, Any]) -> Answer:
    """This function will answer GET /v1/events: everything that was told or should have been."""
    wanted = asked.get("types") or ([asked["type"]] if "type" in asked else None)
    undelivered = {"true": False, "false": True}.get(asked.get("delivery_success", ""))
    rows = box.store.rows("SELECT * FROM notification WHERE channel = 'stripe' ORDER BY id DESC")
    found = []
    for row in rows:
        one = objects.event(row["event_id"], row["created_at"], json.loads(row["content"]))
        fits = undelivered is None or (row["state"] != "ACKNOWLEDGED") == undelivered
        if fits and (wanted is None or one["type"] in wanted):
            found.append(one)
    return wire.success(page("/v1/events", found, asked))

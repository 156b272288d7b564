"""Stripe: Checkout Sessions, the pages that people pay on."""

from __future__ import annotations

from typing import Any

from sandbox import till
from sandbox.answers import Answer
from sandbox.books import Trade, TradeState
from sandbox.box import Box
from sandbox.stripe import shelf, wire
from sandbox.stripe.lists import page

_SHORTEST_S, _LONGEST_S = 30 * 60, 24 * 3600
Asked = dict[str, Any]


def whole(asked: Asked, name: str, what: str = "") -> int:
    """This function will read a positive whole number; raise Refusal 400."""
    text = str(asked.get(name, ""))
    if not text.isdecimal() or int(text) <= 0:
        raise wire.refuse(400, f"Invalid positive integer: {what or name}", "parameter_invalid_integer", param=name)
    return int(text)


def _total(asked: Asked) -> tuple[int, str, str]:
    """Amount, currency and title of the line items."""
    items = asked.get("line_items")
    if not isinstance(items, list) or not items:
        raise wire.refuse(400, "Missing required param: line_items.", "parameter_missing", param="line_items")
    total, currencies, titles = 0, set(), []
    for item in items:
        price = item.get("price_data") if isinstance(item, dict) else None
        if not isinstance(price, dict) or not isinstance(price.get("product_data"), dict):
            raise wire.refuse(400, "Each line item needs price_data with product_data.", param="line_items")
        total += whole(price, "unit_amount") * whole(item, "quantity")
        currencies.add(str(price.get("currency", "")).upper())
        titles.append(str(price["product_data"].get("name", "")))
    if len(currencies) != 1 or not all(titles) or len(currency := currencies.pop()) != 3:
        raise wire.refuse(400, "Line items need names and one currency.", param="line_items")
    return total, currency, ", ".join(titles)


def _expires_at(asked: Asked, now: float) -> float:
    if "expires_at" not in asked:
        return now + _LONGEST_S
    at = whole(asked, "expires_at")
    if not int(now) + _SHORTEST_S <= at <= now + _LONGEST_S:
        raise wire.refuse(
            400, "The expires_at timestamp must be 30 minutes to 24 hours from Checkout Session creation.",
            param="expires_at",
        )  # fmt: skip
    return float(at)


def create(box: Box, asked: Asked) -> Answer:
    """This function will answer POST /v1/checkout/sessions."""
    if asked.get("mode") != "payment" or not asked.get("success_url"):
        raise wire.refuse(400, "mode must be payment, and success_url is required.", "parameter_missing")
    amount, currency, title = _total(asked)
    now = box.clock.now()
    expires_at = _expires_at(asked, now)
    number = box.numbers.stripe("cs_test")
    trade = box.books.add_trade(
        Trade(
            channel=shelf.CHANNEL,
            method="checkout",
            out_trade_no=str(asked.get("client_reference_id") or number),
            txn_time=number,  # Stripe does not mind the same reference twice: the session is the identity
            token=number,
            amount_minor=amount,
            currency=currency,
            title=title,
            notify_url="",
            return_url=str(asked["success_url"]).replace("{CHECKOUT_SESSION_ID}", number),
            request=asked,
            state=TradeState.NEW,
            created_at=now,
            code_until=expires_at,
            expires_at=expires_at,
        )
    )
    return wire.success(shelf.expanded(box, shelf.session(box, trade), asked))


def get(box: Box, number: str, asked: Asked) -> Answer:
    """This function will answer GET /v1/checkout/sessions/{id}."""
    return wire.success(shelf.expanded(box, shelf.session(box, shelf.session_trade(box, number)), asked))


def expire(box: Box, number: str, asked: Asked) -> Answer:
    """This function will answer POST …/expire: only an open session can be; whoever paid first wins."""
    trade = shelf.session_trade(box, number)
    session = shelf.session(box, trade)
    if session["status"] != "open":
        raise wire.refuse(
            400, "Only Checkout Sessions with a status in [\"open\"] can be expired. "
            f"This Session has a status of `{session['status']}`.",
        )  # fmt: skip
    return wire.success(shelf.expanded(box, shelf.session(box, till.close(box, trade)), asked))


def listed(box: Box, asked: Asked) -> Answer:
    """This function will answer GET /v1/checkout/sessions."""
    wanted = asked.get("payment_intent")
    trades = [trade for trade in box.books.trades(shelf.CHANNEL, limit=1_000_000) if trade.method == "checkout"]
    sessions = [shelf.session(box, trade) for trade in trades if wanted in (None, trade.trade_no)]
    return wire.success(shelf.expanded(box, page("/v1/checkout/sessions", sessions, asked), asked))

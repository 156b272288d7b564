"""Stripe: PaymentIntents that the merchant makes itself, without a page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox import till
from sandbox.answers import Answer
from sandbox.books import Trade, TradeState
from sandbox.box import Box
from sandbox.stripe import objects, shelf, wire
from sandbox.stripe.checkout import whole
from sandbox.stripe.lists import page

_FAR_S = 100 * 365 * 86400
_DECLINED = ("pm_card_chargeDeclined", "pm_card_visa_chargeDeclined")
Asked = dict[str, Any]


def create(box: Box, asked: Asked) -> Answer:
    """This function will answer POST /v1/payment_intents, confirming at once when confirm=true."""
    amount, now, number = whole(asked, "amount"), box.clock.now(), box.numbers.stripe("pi")
    currency = str(asked.get("currency", "")).upper()
    if len(currency) != 3:
        raise wire.refuse(400, "Missing required param: currency.", "parameter_missing", param="currency")
    trade = box.books.add_trade(
        Trade(
            channel=shelf.CHANNEL,
            method="intent",
            out_trade_no=number,
            txn_time=number,
            token=number,
            trade_no=number,
            amount_minor=amount,
            currency=currency,
            title=str(asked.get("description", number)),
            notify_url="",
            return_url=str(asked.get("return_url", "")),
            request=asked,
            state=TradeState.OPEN,
            created_at=now,
            code_until=now + _FAR_S,
            expires_at=now + _FAR_S,
        )
    )
    if asked.get("confirm") == "true":
        return _confirmed(box, trade, asked)
    return wire.success(shelf.expanded(box, shelf.intent(box, trade), asked))


def get(box: Box, number: str, asked: Asked) -> Answer:
    """This function will answer GET /v1/payment_intents/{id}."""
    return wire.success(shelf.expanded(box, shelf.intent(box, shelf.intent_trade(box, number)), asked))


def confirm(box: Box, number: str, asked: Asked) -> Answer:
    """This function will answer POST …/confirm: with the test cards that pay, or that decline (402)."""
    trade = _own(box, number, "confirm")
    return _confirmed(box, trade, asked)


def _confirmed(box: Box, trade: Trade, asked: Asked) -> Answer:
    method = asked.get("payment_method") or trade.request.get("payment_method")
    if not method:
        raise wire.refuse(400, "You cannot confirm this PaymentIntent because it's missing a payment method.",
                          "payment_intent_unexpected_state", payment_intent=shelf.intent(box, trade))  # fmt: skip
    if method in _DECLINED:
        till.decline(box, trade, "card")
        intent = shelf.intent(box, box.books.trade_by_id(trade.id))
        return wire.error(402, "Your card was declined.", "card_declined", decline_code="generic_decline",
                          payment_intent=intent)  # fmt: skip
    till.pay(box, trade, "card")
    return wire.success(shelf.expanded(box, shelf.intent(box, box.books.trade_by_id(trade.id)), asked))


def cancel(box: Box, number: str, asked: Asked) -> Answer:
    """This function will answer POST …/cancel: never after it succeeded."""
    trade = _own(box, number, "cancel")
    reason = {"cancellation_reason": asked.get("cancellation_reason")}
    trade = replace(trade, request={**trade.request, **reason})
    return wire.success(shelf.expanded(box, objects.intent(till.close(box, trade), None), asked))


def _own(box: Box, number: str, verb: str) -> Trade:
    """The trade of an intent that is the merchant's to act on, and still can be acted on."""
    trade = shelf.intent_trade(box, number)
    intent = shelf.intent(box, trade)
    if trade.method == "checkout":
        raise wire.refuse(400, f"You cannot {verb} this PaymentIntent: it belongs to a Checkout Session. Expire it.")
    if intent["status"] in ("succeeded", "canceled"):
        raise wire.refuse(
            400, f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}.",
            "payment_intent_unexpected_state", payment_intent=intent,
        )  # fmt: skip
    return trade


def listed(box: Box, asked: Asked) -> Answer:
    """This function will answer GET /v1/payment_intents."""
    trades = [trade for trade in box.books.trades(shelf.CHANNEL, limit=1_000_000) if trade.trade_no]
    intents = [shelf.intent(box, trade) for trade in trades]
    return wire.success(shelf.expanded(box, page("/v1/payment_intents", intents, asked), asked))

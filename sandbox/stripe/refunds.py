"""Stripe: refunds, of an intent or a charge, never of more than is left."""

from __future__ import annotations

from typing import Any

from sandbox import notify
from sandbox.answers import Answer
from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box
from sandbox.due import settle_refund
from sandbox.stripe import shelf, wire
from sandbox.stripe.checkout import whole
from sandbox.stripe.lists import page

Asked = dict[str, Any]


def find_trade(box: Box, asked: Asked) -> Trade | None:
    """This function will find the trade that a refund names, by its intent or charge."""
    return box.books.trade_by_trade_no(shelf.CHANNEL, str(asked.get("payment_intent") or asked.get("charge") or ""))


def _paid(box: Box, asked: Asked) -> tuple[Trade, Payment]:
    trade = find_trade(box, asked)
    if trade is None:
        raise wire.missing("payment_intent", str(asked.get("payment_intent") or asked.get("charge")))
    payment = shelf.first_payment(box, trade)
    if payment is None:
        raise wire.refuse(400, "This PaymentIntent does not have a successful charge to refund.")
    return trade, payment


def _amount(box: Box, payment: Payment, asked: Asked) -> int:
    rest = payment.amount_minor - box.books.returned_minor(payment)
    if rest == 0:
        raise wire.refuse(400, "Charge has already been refunded.", "charge_already_refunded")
    amount = whole(asked, "amount") if "amount" in asked else rest
    if amount > rest:
        raise wire.refuse(400, "Refund amount is greater than unrefunded amount on charge.", param="amount")
    return amount


def create(box: Box, asked: Asked) -> Answer:
    """This function will answer POST /v1/refunds; it succeeds at once unless stripe_refund_settle_s says later."""
    trade, payment = _paid(box, asked)
    now, settle_s, number = box.clock.now(), box.settings["stripe_refund_settle_s"], box.numbers.stripe("re")
    entry = box.books.add_refund(
        Refund(
            channel=shelf.CHANNEL,
            trade_id=trade.id,
            payment_id=payment.id,
            out_refund_no=number,
            refund_no=number,
            amount_minor=_amount(box, payment, asked),
            state=RefundState.PROCESSING,
            reason=str(asked.get("reason", "")),
            request=asked,
            created_at=now,
            due_at=None if settle_s is None else now + settle_s / box.time_factor,
        )
    )
    notify.announce_refund(box, trade, payment, entry, {})  # an armed fault is for its end
    if settle_s == 0:
        settle_refund(box, entry, RefundState.SUCCESS)
    return wire.success(shelf.expanded(box, shelf.refund(box, number) or {}, asked))


def get(box: Box, number: str, asked: Asked) -> Answer:
    """This function will answer GET /v1/refunds/{id}."""
    found = shelf.refund(box, number)
    if found is None:
        raise wire.missing("refund", number)
    return wire.success(shelf.expanded(box, found, asked))


def listed(box: Box, asked: Asked) -> Answer:
    """This function will answer GET /v1/refunds, of one intent or charge, or of all."""
    everything = [
        shelf.refund(box, entry.refund_no) for entry in reversed(box.books.everything_returned(shelf.CHANNEL))
    ]
    refunds = [refund for refund in everything if refund is not None]
    for name in ("payment_intent", "charge"):
        if name in asked:
            refunds = [refund for refund in refunds if refund[name] == asked[name]]
    return wire.success(shelf.expanded(box, page("/v1/refunds", refunds, asked), asked))

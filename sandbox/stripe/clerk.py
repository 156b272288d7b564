"""Stripe: webhook events. One happening is told by several, in no promised order."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace

from sandbox.books import Payment, Refund, RefundState, Trade
from sandbox.box import Box
from sandbox.clerk import Clerk, Content, Envelope, Event, WayBack
from sandbox.stripe import objects, payouts, webhooks

_MINUTE, _HOUR = 60.0, 3600.0
_ENDED = {
    RefundState.SUCCESS: ("refund.updated", "charge.refunded"),
    RefundState.CLOSED: ("refund.updated", "refund.failed"),
}


class StripeClerk(Clerk):
    """Stripe's clerk: it wants any 2xx, otherwise it repeats for three days, ever more slowly."""

    title = "Stripe Checkout"
    colour = "#4b3fd1"
    waits_s = (
        5 * _MINUTE,
        30 * _MINUTE,
        2 * _HOUR,
        5 * _HOUR,
        10 * _HOUR,
        12 * _HOUR,
        12 * _HOUR,
        12 * _HOUR,
        12 * _HOUR,
    )
    timeout_s = 10.0

    def __init__(self, box: Box, secret: str) -> None:
        self._box = box
        self._secret = secret
        self._day = -1.0  #: The UTC day whose payouts are made.

    def fresh_no(self, trade: Trade) -> str:
        """This function will give an intent's id: a session gets one at the first try to pay."""
        return self._box.numbers.stripe("pi")

    def payment_no(self, trade: Trade, *, is_first: bool) -> str:
        """This function will give a charge's id."""
        return self._box.numbers.stripe("ch")

    def begins_when_opened(self, trade: Trade) -> bool:
        """This function will say no: the intent comes with the first try to pay."""
        return False

    def address(self, url: str) -> str:
        """This function will give the account's one webhook endpoint."""
        return webhooks.url(self._box)

    def payment(self, trade: Trade, payment: Payment) -> list[Content]:
        """This function will tell a payment: of the charge, the intent and the session."""
        trade = _named(trade)
        told: list[Content] = [
            {"type": "charge.succeeded", "object": objects.charge(trade, payment, 0)},
            {"type": "payment_intent.succeeded", "object": objects.intent(trade, payment)},
        ]
        if trade.method == "checkout":
            session = objects.session(trade, payment, self._box.base_url)
            told.append({"type": "checkout.session.completed", "object": session})
        return told

    def refund(self, trade: Trade, payment: Payment, refund: Refund) -> list[Content]:
        """This function will tell a refund's beginning and its end."""
        told = objects.refund(trade, payment, refund)
        if refund.state is RefundState.PROCESSING:
            return [{"type": "refund.created", "object": told}]
        charge = objects.charge(trade, payment, self._box.books.returned_minor(payment))
        kinds = _ENDED.get(refund.state, ("refund.updated",))
        return [{"type": kind, "object": charge if kind == "charge.refunded" else told} for kind in kinds]

    def pass_time(self, now: float) -> float:
        """This function will pay out at the beginning of a UTC day, and let older payouts arrive."""
        if now // payouts.DAY_S != self._day:
            self._day = now // payouts.DAY_S
            payouts.make(self._box, now)
            payouts.arrive(self._box, now)
        return (self._day + 1) * payouts.DAY_S

    def closed(self, trade: Trade) -> list[Content]:
        """This function will tell an expired session and a cancelled intent."""
        told: list[Content] = []
        if trade.method == "checkout":
            told.append(
                {"type": "checkout.session.expired", "object": objects.session(trade, None, self._box.base_url)}
            )
        if trade.trade_no:
            told.append({"type": "payment_intent.canceled", "object": objects.intent(trade, None)})
        return told

    def declined(self, trade: Trade) -> list[Content]:
        """This function will tell a declined card."""
        return [{"type": "payment_intent.payment_failed", "object": objects.intent(trade, None)}]

    def envelope(self, event: Event, signature: str) -> Envelope:
        """This function will sign the body with the endpoint's secret and the machine's time."""
        body = json.dumps(objects.event(event.event_id, event.created_at, event.content)).encode()
        stamp = int(self._box.clock.machine())
        secret = self._secret + ("" if signature == "true" else "x")
        mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": f"t={stamp},v1={mac}"}
        return Envelope(headers=headers, body=body)

    def acknowledged(self, status: int, body: bytes) -> bool:
        """This function will accept any 2xx."""
        return 200 <= status < 300

    def way_back(self, trade: Trade, payment: Payment | None) -> WayBack | None:
        """This function will lead to success_url, or to cancel_url while it is unpaid."""
        url = trade.return_url if payment else str(trade.request.get("cancel_url") or "")
        return WayBack(url=url) if url else None


def _named(trade: Trade) -> Trade:
    """The trade under its present number, everywhere: a notification about a stranger names one that was never asked."""
    asked_for = trade.request.get("client_reference_id")
    if asked_for in (None, trade.out_trade_no):
        return trade
    return replace(trade, request=json.loads(json.dumps(trade.request).replace(str(asked_for), trade.out_trade_no)))

"""The Stripe adapter: payments on Stripe's Checkout page, their query and close, refunds, webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, BinaryIO

from cashier.channels.base import (
    PREPAY_TIMEOUT_S,
    QUERY_TIMEOUT_S,
    REFUND_TIMEOUT_S,
    Created,
    Fact,
    Method,
    Notification,
    NotificationRefused,
    Outcome,
    Presentation,
    PresentationKind,
    Refusal,
    Reply,
    Return,
    Trade,
    Wiring,
)
from cashier.channels.bill_reading import Lines
from cashier.channels.strict_json import text_of
from cashier.channels.stripe import facts
from cashier.channels.stripe.bill import fetch, read, starts_at
from cashier.channels.stripe.wire import Wire, path_of
from cashier.channels.trouble import Trouble, unknown

SESSIONS, REFUNDS = "/v1/checkout/sessions", "/v1/refunds"
# Stripe takes no deadline nearer than 30 minutes; 5 more, so that a create that comes late or again is still in time.
LIFETIME = timedelta(minutes=35)
AROUND = timedelta(minutes=5)  # where a session is looked for whose creation was not answered
TITLE_LIMIT = 250


class Stripe:
    """One Stripe account (Checkout Sessions, payment mode)."""

    code = "stripe"
    letter = "S"
    methods: Mapping[str, Method] = {
        "checkout": Method(
            code="checkout",
            letter="C",
            presentation=PresentationKind.REDIRECT,
            code_lifetime_s=int(LIFETIME.total_seconds()),
            hard_expiry=False,
        ),
    }

    def __init__(self, wiring: Wiring) -> None:
        self._wire = Wire(wiring)
        self._now = wiring.now

    def create(self, trade: Trade) -> Created:
        """Open a session; the same trade again is the same session, by its idempotency key."""
        number = {"attempt_no": trade.attempt_no}
        try:
            session = self._wire.post(
                SESSIONS,
                key=f"pay:{trade.attempt_no}",
                timeout_s=PREPAY_TIMEOUT_S,
                mode="payment",
                client_reference_id=trade.attempt_no,
                metadata=number,
                payment_intent_data={"metadata": number},
                line_items=[_line_item(trade)],
                success_url=trade.return_url,
                cancel_url=trade.return_url,
                expires_at=int(max(trade.expires_at, trade.created_at + LIFETIME).timestamp()),
            )
            fact = self._fact(session, trade.attempt_no)
            address = text_of(session, "url")
            if not address or not fact.memo["session"]:
                raise unknown("malformed", "No address in the answer.")
        except Trouble as trouble:
            return Created(fact=trouble.fact(trade.attempt_no))
        if fact.outcome is not Outcome.IN_PROGRESS:
            return Created(fact=fact)
        return Created(fact=fact, presentation=Presentation(kind=PresentationKind.REDIRECT, content=address))

    def query(self, trade: Trade) -> Fact:
        """Ask for the session; one whose creation was not answered is looked for by our number."""
        try:
            return self._fact(self._session(trade), trade.attempt_no)
        except Trouble as trouble:
            return trouble.fact(trade.attempt_no)

    def close(self, trade: Trade) -> Fact:
        """Expire the open session. A refusal (it is paid, or expired) gives UNKNOWN: query."""
        try:
            known = trade.memo.get("session") or text_of(self._session(trade), "id")
            # A key of its own each time: under one key Stripe would repeat a failure for a day.
            session = self._wire.post(path_of("checkout/sessions", known, "expire"), timeout_s=QUERY_TIMEOUT_S)
            return self._fact(session, trade.attempt_no)
        except Trouble as trouble:
            fact = trouble.fact(trade.attempt_no)
        if fact.outcome is Outcome.REFUSED and fact.code == "invalid_request_error":
            return unknown(fact.code, fact.message).fact(trade.attempt_no)
        return fact

    def refund(self, order: Return) -> Fact:
        """Return money, once: what exists is looked for first, because Stripe forgets idempotency keys after a day."""
        attempt_no = order.trade.attempt_no
        known = self.query_refund(order)
        if known.outcome is not Outcome.NOT_FOUND:
            return known
        try:
            refund = self._wire.post(
                REFUNDS,
                key=f"refund:{order.refund_no}",
                timeout_s=REFUND_TIMEOUT_S,
                payment_intent=_intent(order),
                amount=order.amount.minor,
                metadata={"refund_no": order.refund_no, "attempt_no": attempt_no},
            )
            return facts.of_refund(refund, attempt_no=attempt_no, refund_no=order.refund_no)
        except Trouble as trouble:
            return trouble.fact(attempt_no, order.refund_no)

    def query_refund(self, order: Return) -> Fact:
        """Ask what became of a refund: by its id, or among those of its payment."""
        attempt_no = order.trade.attempt_no
        try:
            refund = self._refund(order)
            return facts.of_refund(refund, attempt_no=attempt_no, refund_no=order.refund_no)
        except Trouble as trouble:
            return trouble.fact(attempt_no, order.refund_no)

    def bill_starts_at(self, day: date) -> datetime:
        """Return UTC's midnight."""
        return starts_at(day)

    def fetch_bill(self, day: date, into: BinaryIO) -> bool:
        """Fetch the balance transactions of a UTC day, once it is over."""
        return fetch(self._wire, day, self._now(), into)

    def read_bill(self, file: BinaryIO, day: date) -> Lines:
        """Read the balance transactions of a UTC day."""
        return read(file, day)

    def read_notification(self, notification: Notification) -> Fact:
        """Authenticate and translate an event about a session, an intent or a refund of ours."""
        event = self._wire.open(notification)
        kind, at = text_of(event, "type"), facts.time_of(event.get("created"))
        data = event.get("data")
        thing = data.get("object") if isinstance(data, dict) else None
        if not isinstance(thing, dict):
            raise NotificationRefused(Refusal.MALFORMED)
        attempt_no, refund_no = facts.attempt_no_of(thing), facts.refund_no_of(thing)
        try:
            if kind.startswith("checkout.session.") and attempt_no:
                fact = facts.of_session(thing, is_live=self._wire.is_live, attempt_no=attempt_no, at=at)
                if kind == "checkout.session.async_payment_failed" and fact.outcome is Outcome.IN_PROGRESS:
                    return replace(fact, outcome=Outcome.FAILED, code=kind)  # its session gives no other chance
                return fact
            if kind == "payment_intent.succeeded" and attempt_no:
                return facts.of_intent(thing, attempt_no=attempt_no, at=at)
            if kind in {"refund.created", "refund.updated", "refund.failed"} and attempt_no and refund_no:
                return facts.of_refund(thing, attempt_no=attempt_no, refund_no=refund_no)
        except Trouble as trouble:
            raise NotificationRefused(Refusal(trouble.code), trouble.message) from trouble
        raise NotificationRefused(Refusal.UNKNOWN_EVENT, kind)

    def accept(self) -> Reply:
        """Answer 200: Stripe stops repeating."""
        return Reply(status=200, body=b"")

    def refuse(self, code: Refusal) -> Reply:
        """Answer 400: Stripe repeats it for three days. A true event that is not about us is answered 200: an endpoint
        that keeps refusing is switched off."""
        return Reply(status=200 if code == Refusal.UNKNOWN_EVENT else 400, body=b"")

    def _fact(self, session: dict[str, Any], attempt_no: str) -> Fact:
        return facts.of_session(session, is_live=self._wire.is_live, attempt_no=attempt_no)

    def _session(self, trade: Trade) -> dict[str, Any]:
        expand = "payment_intent.latest_charge"
        known = trade.memo.get("session")
        if known:
            return self._wire.get(path_of("checkout/sessions", known), timeout_s=QUERY_TIMEOUT_S, expand=[expand])
        created = {
            "gte": int((trade.created_at - AROUND).timestamp()),
            "lte": int((trade.expires_at + AROUND).timestamp()),
        }
        for session in self._wire.pages(
            SESSIONS, timeout_s=QUERY_TIMEOUT_S, created=created, expand=[f"data.{expand}"]
        ):
            if session.get("client_reference_id") == trade.attempt_no:
                return session
        raise Trouble(Outcome.NOT_FOUND, "no_session", "Stripe lists no session with this number.")

    def _refund(self, order: Return) -> dict[str, Any]:
        known = order.memo.get("refund")
        if known:
            return self._wire.get(path_of("refunds", known), timeout_s=QUERY_TIMEOUT_S)
        for refund in self._wire.pages(REFUNDS, timeout_s=QUERY_TIMEOUT_S, payment_intent=_intent(order)):
            if facts.refund_no_of(refund) == order.refund_no:
                return refund
        raise Trouble(Outcome.NOT_FOUND, "no_refund", "Stripe lists no refund with this number.")


def _line_item(trade: Trade) -> dict[str, Any]:
    if trade.amount.minor <= 0:
        raise Trouble(Outcome.REFUSED, "amount", "Stripe takes positive amounts only; nothing was sent.")
    name = " ".join(trade.title.split())[:TITLE_LIMIT]
    price = {
        "currency": trade.amount.currency.lower(),
        "unit_amount": trade.amount.minor,
        "product_data": {"name": name},
    }
    return {"quantity": 1, "price_data": price}


def _intent(order: Return) -> str:
    if not order.trade.channel_trade_no:
        raise Trouble(Outcome.REFUSED, "no_payment_intent", "Stripe refunds what it has named; nothing was sent.")
    return order.trade.channel_trade_no

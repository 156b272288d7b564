"""Stripe's sessions, intents and refunds as facts: the same translation for answers and webhooks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from cashier.channels.base import Fact, Outcome
from cashier.channels.strict_json import text_of
from cashier.channels.stripe import codes
from cashier.channels.trouble import unknown
from payhub.money import Money

# What is kept as evidence. A list of what may stay, so that a new field with somebody's name in it stays out.
_KEPT = (
    "id", "object", "livemode", "created", "status", "payment_status", "amount_total", "amount", "amount_received",
    "currency", "client_reference_id", "metadata", "expires_at", "failure_reason", "charge", "reason",
)  # fmt: skip
# Intents that nobody can pay any more: their session is over.
_DEAD = {"canceled", "requires_payment_method"}


def of_session(session: dict[str, Any], *, is_live: bool, attempt_no: str, at: datetime | None = None) -> Fact:
    """Translate a Checkout Session, its intent expanded or not; raise Trouble when it is another's or unreadable."""
    if session.get("client_reference_id") != attempt_no or session.get("livemode") is not is_live:
        raise unknown("other_account", "This is about another account or number.")
    outcome = _session_outcome(session)
    return Fact(
        outcome=outcome,
        attempt_no=attempt_no,
        amount=money(session, "amount_total") if outcome is Outcome.PAID else None,
        channel_trade_no=intent_of(session),
        occurred_at=at or _charged_at(session),
        code=f"{text_of(session, 'status')}/{text_of(session, 'payment_status')}",
        memo={"session": text_of(session, "id")},
        raw=evidence(session),
    )


def of_intent(intent: dict[str, Any], *, attempt_no: str, at: datetime | None) -> Fact:
    """Translate a succeeded PaymentIntent."""
    return Fact(
        outcome=Outcome.PAID,
        attempt_no=attempt_no,
        amount=money(intent, "amount_received"),
        channel_trade_no=text_of(intent, "id"),
        occurred_at=at,
        code=text_of(intent, "status"),
        raw=evidence(intent),
    )


def of_refund(refund: dict[str, Any], *, attempt_no: str, refund_no: str) -> Fact:
    """Translate a refund; raise Trouble when it is another one, or unreadable."""
    if refund_no_of(refund) != refund_no:
        raise unknown("other_account", "This is about another refund.")
    state = text_of(refund, "status")
    outcome = codes.REFUND_STATES.get(state, Outcome.UNKNOWN)
    return Fact(
        outcome=outcome,
        attempt_no=attempt_no,
        refund_no=refund_no,
        amount=money(refund, "amount") if outcome is Outcome.PAID else None,
        channel_trade_no=text_of(refund, "id"),
        occurred_at=time_of(refund.get("created")),
        code=state or "malformed",
        message=text_of(refund, "failure_reason"),
        memo={"refund": text_of(refund, "id")},
        raw=evidence(refund),
    )


def refund_no_of(thing: dict[str, Any]) -> str:
    """Return our refund's number from an object's metadata; empty when it is none of ours."""
    return _told(thing, "refund_no")


def attempt_no_of(thing: dict[str, Any]) -> str:
    """Return our attempt's number from an object's metadata; empty when it is none of ours."""
    return _told(thing, "attempt_no")


def intent_of(thing: dict[str, Any]) -> str:
    """Return the id of the object's PaymentIntent, expanded or not."""
    intent = thing.get("payment_intent")
    return text_of(intent, "id") if isinstance(intent, dict) else text_of(thing, "payment_intent")


def money(thing: dict[str, Any], name: str) -> Money:
    """Return an amount above zero in the object's currency; raise Trouble when there is none that we know."""
    minor = thing.get(name)
    if type(minor) is not int or minor <= 0:
        raise unknown("malformed", "It says paid, but not how much.")
    try:
        return Money(minor, text_of(thing, "currency").upper())
    except ValueError as error:
        raise unknown("other_currency", "A currency that payhub does not know.") from error


def time_of(seconds: object) -> datetime | None:
    """Read Stripe's seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC) if type(seconds) is int and 0 <= seconds < 1 << 34 else None


def evidence(thing: dict[str, Any]) -> dict[str, Any]:
    """Return what of an object is kept: no shopper's name or address."""
    return {name: thing[name] for name in _KEPT if name in thing}


def _told(thing: dict[str, Any], name: str) -> str:
    metadata = thing.get("metadata")
    return text_of(metadata, name) if isinstance(metadata, dict) else ""


def _session_outcome(session: dict[str, Any]) -> Outcome:
    intent = session.get("payment_intent")
    state = text_of(intent, "status") if isinstance(intent, dict) else ""
    if session.get("payment_status") == "paid" or state == "succeeded":
        return Outcome.PAID
    match session.get("status"):
        case "open":
            return Outcome.IN_PROGRESS
        case "expired":
            return Outcome.IN_PROGRESS if state == "processing" else Outcome.CLOSED
        case "complete" if session.get("payment_status") == "unpaid":
            # A delayed way to pay (bank debit): it ends days later, without another chance in this session.
            return Outcome.FAILED if state in _DEAD else Outcome.IN_PROGRESS
    return Outcome.UNKNOWN


def _charged_at(session: dict[str, Any]) -> datetime | None:
    intent = session.get("payment_intent")
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return time_of(charge.get("created")) if isinstance(charge, dict) else None

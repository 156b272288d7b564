"""Stripe's side: JSON answers without signatures, and signed events."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx

from cashier.channels.base import BillKind, Fact, Notification
from tests.channels.counterparts.base import Billed, Counterpart
from tests.channels.keys import NOW
from tests.channels.scripted import Call

WEBHOOK_SECRET = "whsec_" + "0" * 32
SESSION, INTENT, REFUND = "cs_test_a1b2", "pi_3NabcdefABCDEF0123456789", "re_3NabcdefABCDEF0123456789"
NONE: dict[str, Any] = {"object": "list", "data": [], "has_more": False}
ERRORS: dict[str, tuple[int, dict[str, str]]] = {
    "system_error": (500, {"type": "api_error"}),
    "unknown_code": (400, {"type": "invalid_request_error", "code": "a_code_of_tomorrow"}),
    "rate_limit": (429, {"type": "invalid_request_error", "code": "rate_limit"}),
    "not_found": (404, {"type": "invalid_request_error", "code": "resource_missing"}),
    "already_paid": (400, {"type": "invalid_request_error", "message": "Only open sessions can be expired."}),
    "already_closed": (400, {"type": "invalid_request_error", "message": "Only open sessions can be expired."}),
    "bad_credentials": (401, {"type": "invalid_request_error", "message": "Invalid API Key provided."}),
}
AT = int(NOW.timestamp())


class StripeSide(Counterpart):
    """Stripe for tests."""

    code = "stripe"
    method = "checkout"
    currency = "USD"
    signs_answers = False
    tells_merchant = ("create", "query", "close")
    tells_number = ("create", "query", "close", "refund")
    bill_faults = ("not_ready", "no_trades", "refused", "broken_row")

    def __init__(self) -> None:
        super().__init__()
        self.with_trade(memo={"session": SESSION}, channel_trade_no=INTENT)

    def settings(self) -> dict[str, str]:
        return {
            "api_base": "https://stripe.example/",
            "secret_key": "sk_test_" + "0" * 24,
            "webhook_secret": WEBHOOK_SECRET,
        }

    def do(self, call: str) -> Fact:
        """Make the call. A refund first looks whether it exists: it does not, unless a test says so itself."""
        if call != "refund":
            return super().do(call)
        answer = self.http.answer
        self.http.answer = lambda asked: _json(NONE) if asked.method == "GET" else answer(asked)
        try:
            return super().do(call)
        finally:
            self.http.answer = answer

    def says(
        self, call: str, what: str, *, sign: str = "good", changes: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        assert sign == "good", "Stripe signs no answers"
        if what == "not_found" and call == "query_refund":
            return _json(NONE)
        if what in {"already_paid", "already_closed"} and call != "close":
            changed = {"create": {"type": "idempotency_error"}}.get(call, {"code": "charge_already_refunded"})
            return _json({"error": ERRORS[what][1] | changed}, 400)
        if what in ERRORS:
            return _json({"error": ERRORS[what][1]}, ERRORS[what][0])
        if call in {"refund", "query_refund"}:
            refund = self.refund_data(what) | dict(changes or {})
            return _json(refund if call == "refund" else NONE | {"data": [refund]})
        return _json(self.session(what) | dict(changes or {}))

    def other(self, call: str, what: str) -> httpx.Response:
        if what == "merchant":
            changes: dict[str, Any] = {"livemode": True}
        elif call == "refund":
            changes = {"metadata": {"refund_no": "AnotherNumber"}}
        else:
            changes = {"client_reference_id": "AnotherNumber"}
        good = {"create": "opened", "query": "paid", "close": "closed"}.get(call, "returned")
        return self.says(call, good, changes=changes)

    def session(self, what: str) -> dict[str, Any]:
        """Return a Checkout Session in the state `what`."""
        status = {"closed": "expired", "paid": "complete", "refunded": "complete", "delayed": "complete"}.get(
            what, "open"
        )
        is_paid = what in {"paid", "refunded"}
        data: dict[str, Any] = {
            "id": SESSION,
            "object": "checkout.session",
            "livemode": False,
            "client_reference_id": self.trade.attempt_no,
            "metadata": {"attempt_no": self.trade.attempt_no},
            "amount_total": self.trade.amount.minor,
            "currency": "usd",
            "status": status,
            "payment_status": "paid" if is_paid else "unpaid",
            "url": "https://checkout.stripe.example/c/pay/cs_test_a1b2" if status == "open" else None,
            "payment_intent": None,
            "customer_details": {"email": "buyer@example.com", "name": "cardholder"},
        }
        if is_paid:
            charge = {"id": "ch_1", "created": AT, "billing_details": {"name": "cardholder"}}
            data["payment_intent"] = {"id": INTENT, "status": "succeeded", "latest_charge": charge}
        return data

    def refund_data(self, what: str) -> dict[str, Any]:
        """Return a refund in the state `what`."""
        states = {"accepted": "pending", "pending": "pending", "returned": "succeeded", "failed": "failed"}
        return {
            "id": REFUND,
            "object": "refund",
            "amount": self.order.amount.minor,
            "currency": "usd",
            "created": AT,
            "payment_intent": INTENT,
            "status": states[what],
            "metadata": {"refund_no": self.order.refund_no, "attempt_no": self.trade.attempt_no},
            "destination_details": {"card": {"reference": "cardholder"}},
        }

    def notification(self, what: str = "paid", *, sign: str = "good", **changes: Any) -> Notification:
        if what == "paid":
            thing = self.session("paid") | {"payment_intent": INTENT}
            return self.event("checkout.session.completed", thing | changes, sign=sign)
        return self.event("refund.updated", self.refund_data("returned") | changes, sign=sign)

    def event(self, kind: str, thing: Mapping[str, Any], *, sign: str = "good", **changes: Any) -> Notification:
        """Sign any event."""
        event = {"id": "evt_1", "object": "event", "created": AT, "livemode": False, "type": kind}
        body = json.dumps(event | {"data": {"object": thing}} | changes).encode()
        if sign == "missing":
            return Notification(headers={}, body=body)
        return Notification(headers={"stripe-signature": self.signature(body, sign)}, body=body)

    def signature(self, body: bytes, sign: str = "good") -> str:
        """Return the header that proves who sent `body`."""
        timestamp = int(self.clock.time.timestamp())
        secret = WEBHOOK_SECRET if sign == "good" else "whsec_of_a_forger"
        digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={timestamp},v1={digest},v0=0"

    def serve_bill(self, lines: Sequence[Billed], fault: str = "") -> None:
        self.clock.time = NOW if fault == "not_ready" else datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
        transactions = [_transaction(line, at) for at, line in enumerate(lines)]
        if fault == "broken_row":
            transactions[0]["source"] = "ch_0"  # not expanded

        def answer(call: Call) -> httpx.Response:
            assert call.url.path == "/v1/balance_transactions"
            if fault == "refused":
                return self.says("query", "bad_credentials")
            asked = call.url.params
            assert (asked["created[gte]"], asked["created[lt]"]) == ("1772323200", "1772409600")
            # One to a page, so that the next page has to be asked for.
            after = asked.get("starting_after")
            start = [t["id"] for t in transactions].index(after) + 1 if after else 0
            page = transactions[start : start + 1]
            return _json(NONE | {"data": page, "has_more": start + 1 < len(transactions)})

        self.http.answer = answer

    def with_trade(self, **changes: Any) -> None:
        super().with_trade(**changes)
        self.order = replace(self.order, memo={})


def _json(data: Mapping[str, Any], status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=data)


def _transaction(line: Billed, at: int) -> dict[str, Any]:
    is_refund = line.kind is BillKind.REFUND
    metadata = {"attempt_no": line.attempt_no} | ({"refund_no": line.refund_no} if is_refund else {})
    source = {
        "id": REFUND if is_refund else f"ch_{at}",
        "amount": line.minor,
        "currency": "usd",
        "metadata": metadata,
        "payment_intent": INTENT,
    }
    return {
        "id": f"txn_{at}",
        "object": "balance_transaction",
        "type": "refund" if is_refund else "charge",
        "amount": -line.minor if is_refund else line.minor,
        "currency": "usd",
        "fee": 0 if is_refund else 66,
        "created": AT,
        "status": "available",
        "source": source,
    }

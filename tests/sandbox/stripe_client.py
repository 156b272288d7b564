"""What the tests ask of Stripe, by Stripe's own library, and how they read what it tells them."""

from __future__ import annotations

from typing import Any

import stripe

from tests.sandbox.server import Posted, Sandbox

NO = "S20260102A0001"


def asked(**changes: Any) -> Any:
    price = {"currency": "usd", "unit_amount": 990, "product_data": {"name": "A mug"}}
    params = {
        "mode": "payment",
        "client_reference_id": NO,
        "metadata": {"number": NO},
        "payment_intent_data": {"metadata": {"number": NO}},
        "line_items": [{"quantity": 1, "price_data": price}],
        "success_url": "http://shop.example/done?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.example/cancel",
    }
    return params | changes


def opened(api: stripe.StripeClient, **changes: Any) -> Any:
    return api.v1.checkout.sessions.create(asked(**changes))


def event_of(sandbox: Sandbox, posted: Posted) -> Any:
    secret = sandbox.accounts["stripe"]["webhook_secret"]
    return stripe.Webhook.construct_event(posted.body, posted.headers["stripe-signature"], secret)

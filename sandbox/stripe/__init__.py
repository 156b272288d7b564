"""Stripe: Checkout Sessions, PaymentIntents, refunds, webhooks, balance transactions."""

from __future__ import annotations

from starlette.routing import Route

from sandbox.box import Box
from sandbox.stripe.clerk import StripeClerk
from sandbox.stripe.routes import routes


def open_for(box: Box) -> list[Route]:
    """This function will let Stripe notify from this sandbox and give its addresses."""
    account = box.account("stripe")["merchant"]
    box.clerks["stripe"] = StripeClerk(box, account["webhook_secret"])
    return routes(box, account["secret_key"], account["webhook_secret"])

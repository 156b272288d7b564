"""The rows of product orders, one thing a file."""

from __future__ import annotations

from orders.models.api_key import ApiKey, Scope
from orders.models.idempotency_record import IdempotencyRecord
from orders.models.order import Order
from orders.models.submit_claim import SubmitClaim
from orders.models.webhook_delivery import WebhookDelivery, WebhookTry
from orders.models.webhook_endpoint import WebhookEndpoint

__all__ = [
    "ApiKey",
    "IdempotencyRecord",
    "Order",
    "Scope",
    "SubmitClaim",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookTry",
]

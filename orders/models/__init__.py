"""The rows of product orders, one thing a file."""

from __future__ import annotations

from orders.models.api_key import ApiKey, Scope
from orders.models.compensation import Compensation
from orders.models.complaint import Complaint, ComplaintMessage
from orders.models.export import Export, ExportPart
from orders.models.idempotency_record import IdempotencyRecord
from orders.models.letter import Letter
from orders.models.order import Order
from orders.models.statement import ComplaintFile, Statement
from orders.models.submit_claim import SubmitClaim
from orders.models.webhook_delivery import WebhookDelivery, WebhookTry
from orders.models.webhook_endpoint import WebhookEndpoint

__all__ = [
    "ApiKey",
    "Compensation",
    "Complaint",
    "ComplaintFile",
    "ComplaintMessage",
    "Export",
    "ExportPart",
    "IdempotencyRecord",
    "Letter",
    "Order",
    "Scope",
    "Statement",
    "SubmitClaim",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookTry",
]

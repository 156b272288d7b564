"""The back office's screens of product orders."""

from __future__ import annotations

from orders.admin.complaint import ComplaintAdmin
from orders.admin.order import OrderAdmin
from orders.admin.webhook import WebhookDeliveryAdmin

__all__ = ["ComplaintAdmin", "OrderAdmin", "WebhookDeliveryAdmin"]

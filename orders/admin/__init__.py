"""The back office's screens of product orders."""

from __future__ import annotations

from orders.admin.order import OrderAdmin

__all__ = ["OrderAdmin"]

"""The rows of product orders, one thing a file."""

from __future__ import annotations

from orders.models.order import Order
from orders.models.submit_claim import SubmitClaim

__all__ = ["Order", "SubmitClaim"]

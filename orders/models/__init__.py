"""The rows of product orders, one thing a file."""

from __future__ import annotations

from orders.models.compensation import Compensation
from orders.models.complaint import Complaint, ComplaintMessage
from orders.models.order import Order
from orders.models.statement import ComplaintFile, Statement
from orders.models.submit_claim import SubmitClaim

__all__ = ["Compensation", "Complaint", "ComplaintFile", "ComplaintMessage", "Order", "Statement", "SubmitClaim"]

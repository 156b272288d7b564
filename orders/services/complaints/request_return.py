"""Asking for a refund from a decided case. Another person approves it, on the payment centre's own screens."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User

from cashier.public import Wish, request_refund_as_staff
from orders.errors import ComplaintEnded
from orders.models import Complaint
from orders.services.complaints.follow_return import follow_now
from orders.states import ComplaintState
from payhub.roles import CASE_WORKERS, require_role


def request_return(*, complaint: Complaint, wish: Wish, person: User, now: datetime) -> str:
    """Ask to return (a part of) what paid the case's order; return the refund's number.

    Two transactions, the payment centre's and ours; after a crash between them the sweep finds the refund. Raises
    NotYourRole, ComplaintEnded, NothingToRefund, RefundChanged.
    """
    require_role(person, *CASE_WORKERS)
    if complaint.state not in {ComplaintState.DECIDED, ComplaintState.REFUNDING}:
        raise ComplaintEnded
    refund_no = request_refund_as_staff(
        merchant_id=complaint.merchant_id,
        merchant_order_no=complaint.order.order_no,
        wish=wish,
        requested_by=person,
        now=now,
    )
    follow_now(complaint_id=complaint.pk, now=now)
    return refund_no

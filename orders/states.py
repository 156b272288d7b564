"""The states of a product order and every edge between them. The model, its trigger and docs/states.md follow."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class OrderState(models.TextChoices):
    """Order 商品订单."""

    AWAITING_PAYMENT = "AWAITING_PAYMENT", _("Awaiting payment")
    PAID = "PAID", _("Paid")  # its amount was collected; goods may go out
    FULFILLED = "FULFILLED", pgettext_lazy("goods", "Sent")  # the goods went out
    CANCELLED = "CANCELLED", _("Cancelled")  # ended unpaid because somebody said so
    EXPIRED = "EXPIRED", _("Expired")  # ended unpaid by time
    PARTLY_REFUNDED = "PARTLY_REFUNDED", _("Partly refunded")
    REFUNDED = "REFUNDED", _("Refunded")


ORDER_EDGES = {
    OrderState.AWAITING_PAYMENT: (OrderState.PAID, OrderState.CANCELLED, OrderState.EXPIRED),
    # Money that came after the end by time, at a merchant who takes it.
    OrderState.EXPIRED: (OrderState.PAID,),
    OrderState.PAID: (OrderState.FULFILLED, OrderState.PARTLY_REFUNDED, OrderState.REFUNDED),
    # Goods that went out may come back.
    OrderState.FULFILLED: (OrderState.PARTLY_REFUNDED, OrderState.REFUNDED),
    OrderState.PARTLY_REFUNDED: (OrderState.REFUNDED,),
}


class ComplaintState(models.TextChoices):
    """Complaint 申诉."""

    NEW = "NEW", _("Received")
    INVESTIGATING = "INVESTIGATING", _("Being checked")
    WAITING = "WAITING", _("Waiting for a statement")
    DECIDED = "DECIDED", _("Decided")
    REFUNDING = "REFUNDING", _("Refund on its way")
    CLOSED = "CLOSED", _("Closed")
    MERGED = "MERGED", _("Merged")  # goes on as another case
    WITHDRAWN = "WITHDRAWN", _("Withdrawn")


COMPLAINT_ENDED = (ComplaintState.CLOSED, ComplaintState.MERGED, ComplaintState.WITHDRAWN)
# What can still be worked on and decided.
COMPLAINT_UNDECIDED = (ComplaintState.NEW, ComplaintState.INVESTIGATING, ComplaintState.WAITING)

COMPLAINT_EDGES = {
    ComplaintState.NEW: (
        ComplaintState.INVESTIGATING,
        ComplaintState.WAITING,
        ComplaintState.DECIDED,  # the system decides about surplus that goes back by itself
        ComplaintState.MERGED,
        ComplaintState.WITHDRAWN,
    ),
    ComplaintState.INVESTIGATING: (
        ComplaintState.WAITING,
        ComplaintState.DECIDED,
        ComplaintState.MERGED,
        ComplaintState.WITHDRAWN,
    ),
    ComplaintState.WAITING: (
        ComplaintState.INVESTIGATING,
        ComplaintState.DECIDED,
        ComplaintState.MERGED,
        ComplaintState.WITHDRAWN,
    ),
    # Back to work when whoever had to approve the refund said no.
    ComplaintState.DECIDED: (ComplaintState.REFUNDING, ComplaintState.CLOSED, ComplaintState.INVESTIGATING),
    ComplaintState.REFUNDING: (ComplaintState.CLOSED, ComplaintState.INVESTIGATING),
}

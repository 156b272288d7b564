"""Every row lock of product orders, always evaluated. A delivery's lock is held before an order's, never after."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from orders.errors import ComplaintNotFound, OrderNotFound
from orders.models import Compensation, Complaint, Order, Statement
from orders.states import COMPLAINT_ENDED, ComplaintState
from payhub.db import require_transaction


def lock_order(*, merchant_id: int, order_no: str) -> Order:
    """Lock and return one order of a merchant; raise OrderNotFound."""
    try:
        return Order.objects.select_for_update().get(merchant_id=merchant_id, order_no=order_no)
    except Order.DoesNotExist:
        raise OrderNotFound from None


def lock_orders_to_ask(now: datetime, limit: int) -> list[Order]:
    """Lock and return orders that the payment centre is to be asked about, passing over those in use."""
    found = Order.objects.select_for_update(skip_locked=True).filter(ask_at__lte=now)
    return list(found.order_by("ask_at", "id")[:limit])


_CLAIM = """
    INSERT INTO orders_submitclaim (digest, order_id, expires_at) VALUES (%s, %s, %s)
    ON CONFLICT (digest) DO UPDATE SET order_id = excluded.order_id, expires_at = excluded.expires_at
        WHERE orders_submitclaim.expires_at <= %s
    RETURNING order_id
"""


def claim_submit(*, digest: str, order_no: str, expires_at: datetime, now: datetime) -> str:
    """Return the number of the order that this submit is: `order_no` if the claim was free or had run out.

    One statement decides. Of two at once the second waits for the first one's commit (or takes over after its
    rollback) and then reads its number; the lock lasts as long as the transaction that makes the order.
    """
    require_transaction("A submit claim")
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [digest, order_no, expires_at, now])
        if cursor.fetchone() is not None:
            return order_no
        cursor.execute("SELECT order_id FROM orders_submitclaim WHERE digest = %s", [digest])
        standing: str = cursor.fetchone()[0]
    return standing


def lock_complaint(complaint_id: int) -> Complaint:
    """Lock and return one case with its order; raise ComplaintNotFound."""
    try:
        found = Complaint.objects.select_for_update(of=("self",)).select_related("order__merchant", "owner")
        return found.get(pk=complaint_id)
    except Complaint.DoesNotExist:
        raise ComplaintNotFound from None


def lock_open_complaint(order: Order) -> Complaint | None:
    """Lock and return the open case of an order, if there is one."""
    found = Complaint.objects.select_for_update(of=("self",)).select_related("order__merchant", "owner")
    return found.filter(order=order).exclude(state__in=COMPLAINT_ENDED).first()


def lock_refunding_complaints(*, after: int, limit: int) -> list[Complaint]:
    """Lock and return cases whose money is to go back, with ids above `after`, passing over those in use."""
    found = Complaint.objects.select_for_update(skip_locked=True, of=("self",)).select_related("order__merchant")
    refunding = found.filter(state__in=[ComplaintState.DECIDED, ComplaintState.REFUNDING], pk__gt=after)
    return list(refunding.order_by("id")[:limit])


def lock_statement(token: str) -> Statement:
    """Lock and return the statement that a link is for; raise ComplaintNotFound."""
    try:
        return Statement.objects.select_for_update(of=("self",)).select_related("complaint").get(token=token)
    except Statement.DoesNotExist:
        raise ComplaintNotFound from None


def lock_compensation(compensation_id: int) -> Compensation:
    """Lock and return one compensation; raise ComplaintNotFound."""
    try:
        found = Compensation.objects.select_for_update(of=("self",)).select_related("complaint")
        return found.get(pk=compensation_id)
    except Compensation.DoesNotExist:
        raise ComplaintNotFound from None

"""Reading orders, without locks."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from orders.errors import ComplaintNotFound, OrderNotFound
from orders.models import Complaint, Order
from orders.states import COMPLAINT_ENDED, OrderState


def order_by_token(token: str) -> Order:
    """Return the order at this address; raise OrderNotFound."""
    try:
        return Order.objects.select_related("merchant").get(token=token)
    except Order.DoesNotExist:
        raise OrderNotFound from None


def newest_standing(*, digest: str, since: datetime) -> Order | None:
    """Return the newest order of these goods by this buyer that is, or may still be, paid; None when there is none."""
    ended = [OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUNDED]
    return Order.objects.filter(digest=digest, created_at__gt=since).exclude(state__in=ended).order_by("-id").first()


def orders_of_member(user_id: int) -> QuerySet[Order]:
    """Return the orders of all merchants that this person belongs to. Everything that a merchant sees starts here."""
    return Order.objects.filter(merchant__memberships__user_id=user_id).select_related("merchant")


def order_of_member(user_id: int, order_no: str) -> Order:
    """Return one of these orders; raise OrderNotFound for another merchant's as for none."""
    try:
        return orders_of_member(user_id).get(order_no=order_no)
    except Order.DoesNotExist:
        raise OrderNotFound from None


def page_of(orders: QuerySet[Order], *, number: str, state: str, before: str, size: int) -> tuple[list[Order], str]:
    """Return the newest `size` orders older than order number `before`, and the number to go on from ("" at the end).

    `number` finds an order or payment number or the beginning of an order number. Keyset, so that pages neither shift nor get slower.
    """
    if number:
        orders = orders.filter(Q(order_no__startswith=number) | Q(payment_no=number))
    if state:
        orders = orders.filter(state=state)
    if before:
        orders = orders.filter(pk__lt=orders.model.objects.filter(order_no=before).values("pk"))
    found = list(orders.order_by("-pk")[: size + 1])
    return found[:size], found[size - 1].order_no if len(found) > size else ""


def order_of_merchant(merchant_id: int, order_no: str) -> Order:
    """Return the merchant's order of this number; raise OrderNotFound."""
    try:
        return Order.objects.select_related("merchant").get(merchant_id=merchant_id, order_no=order_no)
    except Order.DoesNotExist:
        raise OrderNotFound from None


def complaint_by_token(token: str) -> Complaint:
    """Return the case at this address; raise ComplaintNotFound."""
    try:
        return Complaint.objects.select_related("order__merchant", "merged_into").get(token=token)
    except Complaint.DoesNotExist:
        raise ComplaintNotFound from None


def open_complaint_of(order: Order) -> Complaint | None:
    """Return the order's open case, if there is one."""
    return Complaint.objects.filter(order=order).exclude(state__in=COMPLAINT_ENDED).first()

"""Reading orders, without locks."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, QuerySet

from orders.errors import ComplaintNotFound, DeliveryNotFound, EndpointNotFound, EventNotFound, OrderNotFound
from orders.models import ApiKey, Complaint, Order, Statement, WebhookDelivery, WebhookEndpoint
from orders.models.statement import Party
from orders.models.webhook_endpoint import OffBecause
from orders.states import COMPLAINT_ENDED, OrderState
from payhub.merchants.models import Membership, Role
from payhub.outbox.models import Event


def order_by_token(token: str) -> Order:
    """Return the order at this address; raise OrderNotFound."""
    try:
        return Order.objects.select_related("merchant").get(token=token)
    except Order.DoesNotExist:
        raise OrderNotFound from None


def key_by_digest(digest: str) -> ApiKey | None:
    """Return the API key with its merchant, whether it still works or not."""
    return ApiKey.objects.select_related("merchant").filter(digest=digest).first()


def order_of_merchant(merchant_id: int, **number: str) -> Order:
    """Return one order of a merchant by `order_no` or `merchant_order_no`; raise OrderNotFound."""
    order = Order.objects.filter(merchant_id=merchant_id, **number).first()
    if order is None:
        raise OrderNotFound
    return order


def orders_of_merchant(
    merchant_id: int,
    *,
    state: str = "",
    created_from: datetime | None = None,
    created_before: datetime | None = None,
    before: str = "",
) -> QuerySet[Order]:
    """Return a merchant's orders, newest first, older than the order number `before`."""
    orders = Order.objects.filter(merchant_id=merchant_id)
    if state:
        orders = orders.filter(state=state)
    if created_from is not None:
        orders = orders.filter(created_at__gte=created_from)
    if created_before is not None:
        orders = orders.filter(created_at__lt=created_before)
    if before:
        orders = orders.filter(pk__lt=Order.objects.filter(merchant_id=merchant_id, order_no=before).values("pk"))
    return orders.order_by("-pk")


def events_of_merchant(
    merchant_id: int, *, event_type: str = "", order_no: str = "", before: str = ""
) -> QuerySet[Event]:
    """Return a merchant's events, newest first, older than the event id `before`."""
    events = Event.objects.filter(merchant_id=merchant_id)
    if event_type:
        events = events.filter(name=event_type)
    if order_no:
        events = events.filter(subject=f"order:{order_no}")
    if before:
        events = events.filter(pk__lt=Event.objects.filter(merchant_id=merchant_id, event_id=before).values("pk"))
    return events.order_by("-pk")


def event_of_merchant(merchant_id: int, event_id: str) -> Event:
    """Return one event of a merchant; raise EventNotFound."""
    event = Event.objects.filter(merchant_id=merchant_id, event_id=event_id).first()
    if event is None:
        raise EventNotFound
    return event


def endpoints_of_merchant(merchant_id: int) -> QuerySet[WebhookEndpoint]:
    """Return a merchant's webhook endpoints, newest first."""
    return WebhookEndpoint.objects.filter(merchant_id=merchant_id).order_by("-pk")


def endpoint_of_merchant(merchant_id: int, endpoint_no: str) -> WebhookEndpoint:
    """Return one webhook endpoint of a merchant; raise EndpointNotFound."""
    endpoint = endpoints_of_merchant(merchant_id).filter(endpoint_no=endpoint_no).first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


def endpoints_failing(user_id: int) -> list[WebhookEndpoint]:
    """Return the endpoints that payhub switched off, of all merchants that this person owns."""
    off = WebhookEndpoint.objects.filter(off_because__in=[OffBecause.FAILING, OffBecause.GONE])
    owned = off.filter(merchant__memberships__user_id=user_id, merchant__memberships__role=Role.OWNER)
    return list(owned.select_related("merchant").order_by("pk"))


def last_deliveries(order_nos: list[str]) -> dict[str, WebhookDelivery]:
    """Return the newest webhook delivery about each of these orders, by order number, in one statement."""
    found = WebhookDelivery.objects.filter(event__subject__in=[f"order:{number}" for number in order_nos])
    newest = found.select_related("event").order_by("event__subject", "-pk").distinct("event__subject")
    return {delivery.event.subject.partition(":")[2]: delivery for delivery in newest}


def deliveries_of_merchant(
    merchant_id: int,
    *,
    endpoint_no: str = "",
    outcome: str = "",
    event_type: str = "",
    order_no: str = "",
    before: str = "",
) -> QuerySet[WebhookDelivery]:
    """Return a merchant's webhook deliveries of the last 30 days, newest first, older than the number `before`."""
    mine = WebhookDelivery.objects.filter(endpoint__merchant_id=merchant_id)
    wanted = {
        "endpoint__endpoint_no": endpoint_no,
        "outcome": outcome,
        "event__name": event_type,
        "event__subject": f"order:{order_no}" if order_no else "",
    }
    found = mine.filter(**{name: value for name, value in wanted.items() if value})
    if before:
        found = found.filter(pk__lt=mine.filter(delivery_no=before).values("pk"))
    return found.select_related("event", "endpoint").order_by("-pk")


def delivery_of_merchant(merchant_id: int, delivery_no: str) -> WebhookDelivery:
    """Return one webhook delivery of a merchant; raise DeliveryNotFound."""
    delivery = deliveries_of_merchant(merchant_id).filter(delivery_no=delivery_no).first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def newest_standing(*, digest: str, since: datetime) -> Order | None:
    """Return the newest order of these goods by this buyer that is, or may still be, paid; None when there is none."""
    ended = [OrderState.CANCELLED, OrderState.EXPIRED, OrderState.REFUNDED]
    return Order.objects.filter(digest=digest, created_at__gt=since).exclude(state__in=ended).order_by("-id").first()


def orders_of_buyer(merchant_id: int, buyer: str) -> list[Order]:
    """Return the buyer's last fifty orders at this merchant, newest first."""
    return list(Order.objects.filter(merchant_id=merchant_id, buyer=buyer).order_by("-id")[:50])


def orders_of_member(user_id: int) -> QuerySet[Order]:
    """Return the orders of all merchants that this person belongs to. Everything that a merchant sees starts here."""
    return Order.objects.filter(merchant__memberships__user_id=user_id).select_related("merchant")


def merchants_of_member(user_id: int) -> list[int]:
    """Return the ids of all merchants that this person belongs to."""
    return list(
        Membership.objects.filter(user_id=user_id).order_by("merchant_id").values_list("merchant_id", flat=True)
    )


def order_of_member(user_id: int, order_no: str) -> Order:
    """Return one of these orders; raise OrderNotFound for another merchant's as for none."""
    try:
        return orders_of_member(user_id).get(order_no=order_no)
    except Order.DoesNotExist:
        raise OrderNotFound from None


def complaint_by_token(token: str) -> Complaint:
    """Return the case at this address; raise ComplaintNotFound."""
    try:
        return Complaint.objects.select_related("order__merchant", "merged_into").get(token=token)
    except Complaint.DoesNotExist:
        raise ComplaintNotFound from None


def complaints_of_merchant(
    merchant_id: int, *, order_no: str = "", state: str = "", before: str = ""
) -> QuerySet[Complaint]:
    """Return a merchant's cases with what the shop was asked to say, newest first, older than the number `before`."""
    mine = Complaint.objects.filter(merchant_id=merchant_id)
    wanted = {"order__order_no": order_no, "state": state}
    found = mine.filter(**{name: value for name, value in wanted.items() if value})
    if before:
        found = found.filter(pk__lt=mine.filter(complaint_no=before).values("pk"))
    asked = Prefetch("statements", Statement.objects.filter(party=Party.SHOP).order_by("id"), to_attr="asked_of_shop")
    return found.select_related("order").prefetch_related(asked).order_by("-pk")


def complaint_of_merchant(merchant_id: int, complaint_no: str) -> Complaint:
    """Return one case of a merchant as `complaints_of_merchant` does; raise ComplaintNotFound."""
    complaint = complaints_of_merchant(merchant_id).filter(complaint_no=complaint_no).first()
    if complaint is None:
        raise ComplaintNotFound
    return complaint


def open_complaint_of(order: Order) -> Complaint | None:
    """Return the order's open case, if there is one."""
    return Complaint.objects.filter(order=order).exclude(state__in=COMPLAINT_ENDED).first()

"""Every row lock of product orders, always evaluated. A delivery's lock is held before an order's, never after."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection

from orders.errors import ApiKeyNotFound, ComplaintNotFound, DeliveryNotFound, EndpointNotFound, OrderNotFound
from orders.models import (
    ApiKey,
    Compensation,
    Complaint,
    Export,
    IdempotencyRecord,
    Letter,
    Order,
    Statement,
    WebhookDelivery,
    WebhookEndpoint,
)
from orders.models.statement import Party
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


def lock_api_key(*, merchant_id: int, key_id: int) -> ApiKey:
    """Lock and return one key of a merchant; raise ApiKeyNotFound."""
    found = ApiKey.objects.select_for_update(of=("self",)).select_related("merchant")
    key = found.filter(merchant_id=merchant_id, pk=key_id).first()
    if key is None:
        raise ApiKeyNotFound
    return key


def lock_endpoint(*, merchant_id: int, endpoint_no: str) -> WebhookEndpoint:
    """Lock and return one webhook endpoint of a merchant; raise EndpointNotFound."""
    found = WebhookEndpoint.objects.select_for_update(of=("self",)).select_related("merchant")
    endpoint = found.filter(merchant_id=merchant_id, endpoint_no=endpoint_no).first()
    if endpoint is None:
        raise EndpointNotFound
    return endpoint


def lock_webhook(delivery_id: int) -> WebhookDelivery | None:
    """Lock and return one webhook delivery and its endpoint, or None when it is gone."""
    found = WebhookDelivery.objects.select_for_update(of=("self", "endpoint"))
    return found.select_related("endpoint__merchant", "event").filter(pk=delivery_id).first()


def lock_webhook_of(*, merchant_id: int, delivery_no: str) -> WebhookDelivery:
    """Lock and return one webhook delivery of a merchant and its endpoint; raise DeliveryNotFound."""
    found = WebhookDelivery.objects.select_for_update(of=("self", "endpoint")).filter(
        endpoint__merchant_id=merchant_id, delivery_no=delivery_no
    )
    delivery = found.select_related("endpoint__merchant", "event").first()
    if delivery is None:
        raise DeliveryNotFound
    return delivery


def claim_webhooks(now: datetime, limit: int, lease_s: float) -> list[WebhookDelivery]:
    """Lease and return due webhook deliveries: the oldest of each endpoint, so that none fills the batch alone."""
    due = WebhookDelivery.objects.filter(next_at__lte=now)
    oldest = due.order_by("endpoint_id", "next_at", "id").distinct("endpoint_id")
    found = due.select_for_update(skip_locked=True, of=("self",)).select_related("endpoint__merchant", "event")
    claimed = list(found.filter(pk__in=oldest.values("pk")).order_by("next_at", "id")[:limit])
    # Moving next_at is the lease: a crash during the call lets it run out, and the message goes out again.
    claimed_ids = [delivery.pk for delivery in claimed]
    WebhookDelivery.objects.filter(pk__in=claimed_ids).update(next_at=now + timedelta(seconds=lease_s))
    return claimed


def take_over_idempotency_key(*, record_id: int, lease_until: datetime, now: datetime) -> bool:
    """Take over a request whose worker died, and tell whether it was ours to take: one statement, one winner."""
    idle = IdempotencyRecord.objects.filter(pk=record_id, status=0, lease_until__lte=now)
    return idle.update(lease_until=lease_until) == 1


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


def lock_complaint_of(*, merchant_id: int, complaint_no: str) -> Complaint:
    """Lock and return one case of a merchant; raise ComplaintNotFound."""
    try:
        found = Complaint.objects.select_for_update(of=("self",)).select_related("order__merchant", "owner")
        return found.get(merchant_id=merchant_id, complaint_no=complaint_no)
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


def lock_shop_statement(complaint: Complaint) -> Statement | None:
    """Lock and return the statement that the shop was asked for longest ago and has not given, if there is one."""
    found = Statement.objects.select_for_update().filter(complaint=complaint, party=Party.SHOP, given_at=None)
    return found.order_by("id").first()


def lock_export() -> Export | None:
    """Lock and return the oldest export that is not finished and that nobody is at, if there is one."""
    return Export.objects.select_for_update(skip_locked=True).filter(finished_at=None).order_by("id").first()


def claim_letter(now: datetime, lease_s: float) -> Letter | None:
    """Lease and return the letter that has been due longest, if there is one."""
    due = Letter.objects.select_for_update(skip_locked=True).filter(next_at__lte=now)
    letter = due.order_by("next_at", "id").first()
    if letter is not None:
        # Moving next_at is the lease: a crash during the call lets it run out, and the letter goes out again.
        Letter.objects.filter(pk=letter.pk).update(next_at=now + timedelta(seconds=lease_s))
    return letter


def lock_compensation(compensation_id: int) -> Compensation:
    """Lock and return one compensation; raise ComplaintNotFound."""
    try:
        found = Compensation.objects.select_for_update(of=("self",)).select_related("complaint")
        return found.get(pk=compensation_id)
    except Compensation.DoesNotExist:
        raise ComplaintNotFound from None

"""Fanning out: a merchant's event becomes one delivery for each of its endpoints, in the outbox's transaction."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from orders.models import WebhookDelivery, WebhookEndpoint
from orders.models.webhook_delivery import Outcome
from payhub import numbers
from payhub.db import after_commit
from payhub.outbox.consumer import Message
from payhub.outbox.models import Event
from payhub.tasks import wake


def fan_out(message: Message, now: datetime) -> None:
    """Make the deliveries. An endpoint that is off gets one that is not sent, so that it can be recovered."""
    event = Event.objects.get(event_id=message.event_id)
    endpoints = WebhookEndpoint.objects.filter(merchant=event.merchant).order_by("id")
    made = [
        WebhookDelivery(
            delivery_no=numbers.delivery_no(now),
            event=event,
            endpoint=endpoint,
            outcome=Outcome.WILL_NOT_SEND if endpoint.off_because else Outcome.PENDING,
            next_at=None if endpoint.off_because else now,
            created_at=now,
        )
        for endpoint in endpoints
        if endpoint.wants(event.name)
    ]
    if made:
        WebhookDelivery.objects.bulk_create(made)
        after_commit(partial(wake, "orders.send_webhooks"))

"""Webhook endpoints: added, changed, switched off and on, their secrets rolled, removed."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta

from orders.errors import TooManyEndpoints, UrlRefused
from orders.locks import lock_endpoint
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.models.webhook_delivery import Outcome
from orders.models.webhook_endpoint import EventType, OffBecause
from payhub import numbers
from payhub.db import committed
from payhub.guarded_http import Guard, Refused, guard
from payhub.merchants.models import Merchant
from payhub.outbox.emit import emit
from payhub.trail.record import record
from payhub.vault import seal, unseal

ROLL_OVERLAP = timedelta(hours=24)
MAX_ENDPOINTS = 10
SWITCHED_OFF = "webhook.switched_off"  # what its owners get a letter about
SECRET_BYTES = 24  # Standard Webhooks: 24 to 64


def new_secret() -> str:
    """Return a new signing secret (Standard Webhooks, "Signature scheme")."""
    return f"whsec_{base64.b64encode(numbers.secret_bytes(SECRET_BYTES)).decode()}"


def check_url(url: str, by: Guard | None = None) -> None:
    """Raise UrlRefused when the address may not be called; asks the resolver, so never inside a transaction."""
    try:
        (by or guard()).check(url)
    except Refused as refusal:
        raise UrlRefused from refusal


def add_endpoint(
    *, merchant: Merchant, url: str, events: Iterable[str], actor: str, now: datetime
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint and return it with its secret. Raises UrlRefused, TooManyEndpoints."""
    check_url(url)
    secret = new_secret()
    with committed():
        if WebhookEndpoint.objects.filter(merchant=merchant).count() >= MAX_ENDPOINTS:
            raise TooManyEndpoints
        endpoint = WebhookEndpoint.objects.create(
            endpoint_no=numbers.endpoint_no(now),
            merchant=merchant,
            url=url,
            events=sorted(set(events)),
            sealed_secrets=seal({"current": secret}),
            created_at=now,
        )
        record(subject=endpoint.subject, action="webhook.added", actor=actor, at=now)
    return endpoint, secret


def change_endpoint(
    *, merchant: Merchant, endpoint_no: str, url: str | None, events: Iterable[str] | None, actor: str, now: datetime
) -> WebhookEndpoint:
    """Give an endpoint another address or other events. Raises EndpointNotFound, UrlRefused."""
    if url is not None:
        check_url(url)
    with committed():
        endpoint = lock_endpoint(merchant_id=merchant.pk, endpoint_no=endpoint_no)
        endpoint.url = endpoint.url if url is None else url
        endpoint.events = endpoint.events if events is None else sorted(set(events))
        endpoint.save(update_fields=["url", "events"])
        record(subject=endpoint.subject, action="webhook.changed", actor=actor, at=now)
    return endpoint


def switch_endpoint(*, merchant: Merchant, endpoint_no: str, on: bool, actor: str, now: datetime) -> WebhookEndpoint:
    """Switch an endpoint on (with a clean record) or off. Raises EndpointNotFound."""
    with committed():
        endpoint = lock_endpoint(merchant_id=merchant.pk, endpoint_no=endpoint_no)
        if on == (not endpoint.off_because):
            return endpoint
        if on:
            endpoint.off_because, endpoint.failing_since = "", None
            endpoint.save(update_fields=["off_because", "failing_since"])
            record(subject=endpoint.subject, action="webhook.on", actor=actor, at=now)
        else:
            turn_off(endpoint, OffBecause.BY_HAND, actor, now)
    return endpoint


def turn_off(endpoint: WebhookEndpoint, because: OffBecause, actor: str, now: datetime) -> None:
    """Send nothing more to a locked endpoint; what was still to be sent can be recovered later."""
    endpoint.off_because = because
    endpoint.save(update_fields=["off_because"])
    waiting = WebhookDelivery.objects.filter(endpoint=endpoint, outcome=Outcome.PENDING)
    waiting.update(outcome=Outcome.WILL_NOT_SEND, next_at=None)
    record(subject=endpoint.subject, action="webhook.off", actor=actor, at=now, because=because)
    if because != OffBecause.BY_HAND:
        emit(name=SWITCHED_OFF, subject=endpoint.subject, payload={"endpoint_no": endpoint.endpoint_no}, at=now)


def roll_secret(*, merchant: Merchant, endpoint_no: str, actor: str, now: datetime) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret; for ROLL_OVERLAP messages are signed with both. Raises EndpointNotFound."""
    secret = new_secret()
    with committed():
        endpoint = lock_endpoint(merchant_id=merchant.pk, endpoint_no=endpoint_no)
        endpoint.sealed_secrets = seal({"current": secret, "previous": unseal(endpoint.sealed_secrets)["current"]})
        endpoint.previous_until = now + ROLL_OVERLAP
        endpoint.save(update_fields=["sealed_secrets", "previous_until"])
        record(subject=endpoint.subject, action="webhook.rolled", actor=actor, at=now)
    return endpoint, secret


def remove_endpoint(*, merchant: Merchant, endpoint_no: str, actor: str, now: datetime) -> None:
    """Remove an endpoint and its log. Raises EndpointNotFound."""
    with committed():
        endpoint = lock_endpoint(merchant_id=merchant.pk, endpoint_no=endpoint_no)
        record(subject=endpoint.subject, action="webhook.removed", actor=actor, at=now)
        endpoint.delete()


def send_test(*, merchant: Merchant, endpoint_no: str, now: datetime) -> WebhookDelivery:
    """Have a test event sent to one endpoint, whatever it wants to hear of. Raises EndpointNotFound."""
    with committed():
        endpoint = lock_endpoint(merchant_id=merchant.pk, endpoint_no=endpoint_no)
        event = emit(
            name=EventType.TEST,
            subject=endpoint.subject,
            payload={"endpoint_no": endpoint_no},
            at=now,
            merchant_id=merchant.pk,
        )
        return WebhookDelivery.objects.create(
            delivery_no=numbers.delivery_no(now), event=event, endpoint=endpoint, next_at=now, created_at=now
        )

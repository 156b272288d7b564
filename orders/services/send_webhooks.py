"""Sending webhooks: claim, call, note. Signed by Standard Webhooks; retried for about a day; logged for 30 days."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks.webhooks import Webhook

from orders.locks import claim_webhooks, lock_webhook, lock_webhook_of
from orders.models import WebhookDelivery, WebhookEndpoint, WebhookTry
from orders.models.webhook_delivery import Outcome
from orders.models.webhook_endpoint import OffBecause
from orders.services.tell import say_event
from orders.services.webhook_endpoints import turn_off
from payhub import clock, numbers
from payhub.db import committed
from payhub.guarded_http import Answer, Guard, GuardedHttp, Refused, guard
from payhub.lane import lane
from payhub.merchants.models import Merchant
from payhub.outbox.models import Event
from payhub.trail.record import SYSTEM
from payhub.vault import unseal

log = logging.getLogger(__name__)

# Seconds after each failed try: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h (Standard Webhooks, "Retries").
RETRY_AFTER_S = (5, 300, 1800, 7200, 18_000, 36_000, 36_000)
JITTER = 0.1
TIMEOUT_S = 15.0
CLAIM_LEASE_S = 60
BATCH = 8
SWEEP_FOR_S = 20
OFF_AFTER = timedelta(days=5)
KEPT_RESPONSE_BYTES = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One message, ready to be sent: nothing of the database is needed any more."""

    delivery_id: int
    url: str
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of a parcel."""

    answer: Answer | None
    error: str
    took_ms: int

    @property
    def is_received(self) -> bool:
        """Only a 2xx says so; a redirect is a failure."""
        return self.answer is not None and 200 <= self.answer.status < 300


def body_of(event: Event, merchant: Merchant) -> str:
    """Return an event as webhooks say it; always the same text for the same event."""
    said = say_event(event, is_test=merchant.is_test)
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def signatures(endpoint: WebhookEndpoint, message_id: str, body: str, now: datetime) -> str:
    """Return the signatures by the current secret and, for a day after it was rolled, by the previous one."""
    secrets = unseal(endpoint.sealed_secrets)
    names = ["current"]
    if endpoint.previous_until is not None and now < endpoint.previous_until and "previous" in secrets:
        names.append("previous")
    return " ".join(Webhook(secrets[name]).sign(message_id, now.astimezone(UTC), body) for name in names)


def pack(delivery: WebhookDelivery, now: datetime) -> Parcel:
    """Return what is sent of a delivery at this moment."""
    endpoint, event = delivery.endpoint, delivery.event
    body = body_of(event, endpoint.merchant)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "payhub-webhooks/1",
        "webhook-id": event.event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signatures(endpoint, event.event_id, body, now),
    }
    return Parcel(delivery_id=delivery.pk, url=endpoint.url, headers=headers, body=body)


def sweep() -> int:
    """Send what is due for some seconds; return how many. One sweep at a time: slow receivers hold one worker, not all."""
    sent, until = 0, clock.now() + timedelta(seconds=SWEEP_FOR_S)
    with lane("webhooks") as is_mine:
        while is_mine and clock.now() < until:
            batch = send_due(now=clock.now())
            sent += batch
            if batch < BATCH:
                break
    return sent


def send_due(*, now: datetime, by: Guard | None = None) -> int:
    """Send one batch of what is due, at most one message of each endpoint, at the same time; return how many."""
    with committed():
        due = claim_webhooks(now, BATCH, CLAIM_LEASE_S)
    parcels = [pack(delivery, now) for delivery in due]
    with ThreadPoolExecutor(max_workers=BATCH) as pool:
        results = list(pool.map(_sender(by), parcels))
    for parcel, result in zip(parcels, results, strict=True):
        _note(parcel, result, clock.now())
    return len(due)


def resend(*, merchant: Merchant, delivery_no: str, now: datetime, by: Guard | None = None) -> WebhookTry:
    """Send a delivery now because somebody wants it, to an endpoint that is off, too: same id, new time and signature.

    It changes neither the schedule nor the endpoint's record, but a delivery that is received this way is received.
    Raises DeliveryNotFound. Never called inside a transaction.
    """
    with committed():
        delivery = lock_webhook_of(merchant_id=merchant.pk, delivery_no=delivery_no)
    parcel = pack(delivery, now)
    result = _sender(by)(parcel)
    with committed():
        delivery = lock_webhook_of(merchant_id=merchant.pk, delivery_no=delivery_no)
        if result.is_received:
            _finish(delivery, Outcome.SUCCEEDED)
        return _log(parcel, result, now, by_hand=True)


def recover(*, merchant: Merchant, endpoint_no: str, since: datetime, now: datetime) -> int:
    """Have everything that an endpoint missed since a moment sent again from the first try; return how many."""
    missed = WebhookDelivery.objects.filter(
        endpoint__merchant=merchant,
        endpoint__endpoint_no=endpoint_no,
        endpoint__off_because="",
        outcome__in=[Outcome.FAILED, Outcome.WILL_NOT_SEND],
        created_at__gte=since,
    )
    return missed.update(outcome=Outcome.PENDING, tries=0, next_at=now)


def _sender(by: Guard | None) -> Callable[[Parcel], Sent]:
    http = GuardedHttp(by or guard())

    def send(parcel: Parcel) -> Sent:
        begun = clock.now()
        answer, error = None, ""
        try:
            answer = http.post(parcel.url, headers=parcel.headers, content=parcel.body.encode(), timeout_s=TIMEOUT_S)
        except Refused as refusal:
            error = f"Not sent: {refusal}"
        except OSError as failure:
            error = f"No answer: {failure}"[:300]
        return Sent(answer=answer, error=error, took_ms=(clock.now() - begun) // timedelta(milliseconds=1))

    return send


def _note(parcel: Parcel, result: Sent, now: datetime) -> None:
    with committed():
        delivery = lock_webhook(parcel.delivery_id)
        if delivery is None:
            return  # the endpoint was removed meanwhile
        _log(parcel, result, now, by_hand=False)
        if delivery.outcome != Outcome.PENDING:
            return  # sent by hand, or switched off, meanwhile
        endpoint = delivery.endpoint
        if result.is_received:
            _finish(delivery, Outcome.SUCCEEDED)
            if endpoint.failing_since is not None:
                endpoint.failing_since = None
                endpoint.save(update_fields=["failing_since"])
            return
        _try_again(delivery, now)
        if result.answer is not None and result.answer.status == 410:
            turn_off(endpoint, OffBecause.GONE, SYSTEM, now)
        elif endpoint.failing_since is None:
            endpoint.failing_since = now
            endpoint.save(update_fields=["failing_since"])
        elif now >= endpoint.failing_since + OFF_AFTER:
            turn_off(endpoint, OffBecause.FAILING, SYSTEM, now)


def _finish(delivery: WebhookDelivery, outcome: Outcome) -> None:
    delivery.outcome, delivery.next_at = outcome, None
    delivery.save(update_fields=["outcome", "next_at"])


def _try_again(delivery: WebhookDelivery, now: datetime) -> None:
    if delivery.tries < len(RETRY_AFTER_S):
        # Spread, so that a receiver that comes back is not met by everything at once.
        wait = RETRY_AFTER_S[delivery.tries] * (1 + JITTER * numbers.fraction())
        delivery.next_at = now + timedelta(seconds=wait)
    else:
        delivery.outcome, delivery.next_at = Outcome.FAILED, None
    delivery.tries += 1
    delivery.save(update_fields=["outcome", "next_at", "tries"])


def _log(parcel: Parcel, result: Sent, now: datetime, *, by_hand: bool) -> WebhookTry:
    answer = result.answer
    return WebhookTry.objects.create(
        delivery_id=parcel.delivery_id,
        at=now,
        by_hand=by_hand,
        took_ms=result.took_ms,
        request_headers=parcel.headers,
        request_body=parcel.body,
        status=answer.status if answer else None,
        response_headers={name[:100]: value[:500] for name, value in answer.headers[:50]} if answer else {},
        response_body=_text(answer.body) if answer else "",
        error=result.error,
    )


def _text(body: bytes) -> str:
    """Return the beginning of what a stranger answered, as text that can be stored; pages escape it."""
    return body[:KEPT_RESPONSE_BYTES].decode("utf-8", "replace").replace("\x00", "\ufffd")

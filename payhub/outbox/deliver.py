"""Delivering: due rows, one transaction each, retried until the last try, then parked for a person."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from payhub.db import committed
from payhub.outbox.consumer import Message, consumers
from payhub.outbox.locks import lock_delivery, lock_due_delivery
from payhub.outbox.models import Delivery, DeliveryState
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review, settle_review
from payhub.trail.record import record

log = logging.getLogger(__name__)

# Seconds after each failed try: quick at first (a deadlock, a restart), then slow (a fault that people must mend).
RETRY_AFTER_S = (1, 5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800)
BATCH = 100


def deliver_due(*, now: datetime) -> int:
    """Deliver what is due, oldest first, at most one batch; return how many rows were handled."""
    for handled in range(BATCH):
        if not _deliver_one(now):
            return handled
    return BATCH


def _deliver_one(now: datetime) -> bool:
    failed: Delivery | None = None
    try:
        with committed():
            delivery = lock_due_delivery(now)
            if delivery is None:
                return False
            failed = delivery
            event = delivery.event
            consumers()[delivery.consumer].take(
                Message(
                    event_id=event.event_id,
                    name=event.name,
                    subject=event.subject,
                    payload=event.payload,
                    created_at=event.created_at,
                ),
                now,
            )
            delivery.finish()
            delivery.done_at = now
            delivery.save(update_fields=["state", "done_at"])
    except Exception as error:
        if failed is None:
            raise
        log.exception("delivery %s failed", failed.pk)
        _note_failure(failed, error, now)
    return True


def _note_failure(failed: Delivery, error: Exception, now: datetime) -> None:
    with committed():
        delivery: Delivery = lock_delivery(failed.pk)
        if delivery.state != DeliveryState.PENDING or delivery.tries != failed.tries:
            return  # between the two transactions somebody else delivered it, or noted a failure of their own
        delivery.last_error = f"{type(error).__name__}: {error}".replace("\x00", "")[:2000]
        if delivery.tries < len(RETRY_AFTER_S):
            delivery.next_at = now + timedelta(seconds=RETRY_AFTER_S[delivery.tries])
        else:
            delivery.park()
            open_review(
                kind=Kind.PARKED_DELIVERY,
                subject=f"delivery:{delivery.pk}",
                reason=f"{delivery.consumer} refused {delivery.event} {delivery.tries + 1} times: {delivery.last_error}",
                owner=Owner.OPERATIONS,
                at=now,
            )
        delivery.tries += 1
        delivery.save(update_fields=["last_error", "next_at", "tries", "state"])


def revive(delivery_id: int, *, actor: str, now: datetime) -> bool:
    """Try a parked delivery again from now on, because a person mended the cause; tell whether it was parked."""
    with committed():
        delivery = lock_delivery(delivery_id)
        if delivery.state != DeliveryState.PARKED:
            return False
        delivery.revive()
        delivery.tries, delivery.next_at = 0, now
        delivery.save(update_fields=["state", "tries", "next_at"])
        subject = f"delivery:{delivery.pk}"
        record(subject=subject, action="delivery.revived", actor=actor, at=now)
        settle_review(kinds=[Kind.PARKED_DELIVERY], subject=subject, resolution=f"Tried again by {actor}.", at=now)
    return True

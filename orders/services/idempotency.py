"""Idempotency: a POST with a key is carried out once, and its answer is kept and given again.

After draft-ietf-httpapi-idempotency-key-header. A request that died without an answer leaves a lease that runs out:
then the same request is carried out again, and comes to the same thing because orders and refunds have numbers of
the merchant's own. "We do not know" is never kept as an answer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from orders.errors import IdempotencyKeyReused, StillRunning
from orders.locks import take_over_idempotency_key
from orders.models import IdempotencyRecord
from payhub.db import insert_once
from payhub.vault import seal, unseal

LEASE = timedelta(seconds=60)  # above the longest request: cancelling asks a channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The answer that was given the first time."""

    status: int
    body: str


def digest_of_request(method: str, path: str, content: Any) -> str:
    """Return the hash of what is asked for; the order of JSON members says nothing."""
    said = json.dumps([method, path, content], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def begin(*, merchant_id: int, key: str, digest: str, now: datetime) -> tuple[int, Kept | None]:
    """Claim the key; return its record and the answer, when there is one already.

    One statement claims it: of two requests at once one works and the other is told so. Raises IdempotencyKeyReused
    and StillRunning.
    """
    row = IdempotencyRecord(merchant_id=merchant_id, key=key, digest=digest, created_at=now, lease_until=now + LEASE)
    if insert_once(row):
        return row.pk, None
    row = IdempotencyRecord.objects.get(merchant_id=merchant_id, key=key)
    if row.digest != digest:
        raise IdempotencyKeyReused
    if row.status:
        return row.pk, Kept(status=row.status, body=unseal(row.sealed_body)["body"])
    if not take_over_idempotency_key(record_id=row.pk, lease_until=now + LEASE, now=now):
        raise StillRunning
    return row.pk, None


def finish(*, record_id: int, status: int, body: str) -> None:
    """Keep the answer for ever."""
    IdempotencyRecord.objects.filter(pk=record_id, status=0).update(status=status, sealed_body=seal({"body": body}))


def abandon(*, record_id: int, now: datetime) -> None:
    """Let the same request be tried again at once: this one came to no answer."""
    IdempotencyRecord.objects.filter(pk=record_id, status=0).update(lease_until=now)

"""API keys: given out once, rolled with an overlap, revoked at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from orders.locks import lock_api_key
from orders.models import ApiKey
from orders.models.api_key import prefix_of
from payhub import numbers
from payhub.db import committed
from payhub.merchants.models import Merchant
from payhub.trail.record import record

ROLL_OVERLAP = timedelta(hours=24)


def digest_of(secret: str) -> str:
    """Return what is kept of a key's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_key(*, merchant: Merchant, name: str, scopes: Iterable[str], actor: str, now: datetime) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which nobody can ever see again."""
    with committed():
        return _issue(merchant, name, scopes, actor, now)


def roll_key(*, merchant: Merchant, key_id: int, actor: str, now: datetime) -> tuple[ApiKey, str]:
    """Make a key that may do the same; the old one works for another ROLL_OVERLAP. Raises ApiKeyNotFound."""
    with committed():
        old = lock_api_key(merchant_id=merchant.pk, key_id=key_id)
        old.ends_at = min(old.ends_at or now + ROLL_OVERLAP, now + ROLL_OVERLAP)
        old.save(update_fields=["ends_at"])
        record(subject=old.subject, action="api_key.rolled", actor=actor, at=now)
        return _issue(merchant, old.name, old.scopes, actor, now)


def revoke_key(*, merchant: Merchant, key_id: int, actor: str, now: datetime) -> ApiKey:
    """End a key now; one that has ended stays so. Raises ApiKeyNotFound."""
    with committed():
        key = lock_api_key(merchant_id=merchant.pk, key_id=key_id)
        if key.works(now):
            key.ends_at = now
            key.save(update_fields=["ends_at"])
            record(subject=key.subject, action="api_key.revoked", actor=actor, at=now)
        return key


def note_use(*, key_id: int, now: datetime) -> None:
    """Write down that a key was used."""
    ApiKey.objects.filter(pk=key_id).update(last_used_at=now)


def _issue(merchant: Merchant, name: str, scopes: Iterable[str], actor: str, now: datetime) -> tuple[ApiKey, str]:
    secret = prefix_of(merchant) + numbers.token()
    key = ApiKey.objects.create(
        merchant=merchant,
        name=name,
        digest=digest_of(secret),
        last_four=secret[-4:],
        scopes=sorted(scopes),
        created_by=actor,
        created_at=now,
    )
    record(subject=key.subject, action="api_key.issued", actor=actor, at=now, scopes=" ".join(key.scopes))
    return key, secret

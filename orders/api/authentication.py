"""Who calls: `Authorization: Bearer sk_…`. One statement, and none to write down that a key was used."""

from __future__ import annotations

import re
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from orders.models import ApiKey, Scope
from orders.models.api_key import prefix_of
from orders.selectors import key_by_digest
from orders.services.api_keys import digest_of
from payhub import clock
from payhub.caller import caller_ip
from payhub.rate_limit import within_limit
from payhub.tasks import wake

_BEARER = re.compile(r"Bearer (sk_(?:test|live)_[0-9a-z]{32})", re.IGNORECASE)
WINDOW_S = 10
NOTE_USE_EVERY_S = 60
MISSES_BY_ADDRESS = 60
MISSES_PER_S = 60


class Program:
    """A merchant's program, which is nobody's account."""

    is_authenticated = True
    is_active = True


class BearerKey(BaseAuthentication):
    """Lets in whoever shows a key that works, of a merchant that is active."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey]:
        """Return the key; raise AuthenticationFailed, and Throttled where somebody tries many."""
        said = _BEARER.fullmatch(request.headers.get("Authorization", ""))
        key = key_by_digest(digest_of(said[1])) if said else None
        if key is None or said is None or not _counts(key, said[1]):
            address = caller_ip(request)
            if not within_limit(f"api-miss:{address}", times=MISSES_BY_ADDRESS, per_s=MISSES_PER_S):
                raise Throttled(wait=MISSES_PER_S)
            raise AuthenticationFailed
        _note_use(key)
        return Program(), key

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="payhub"'


class MayRead(BasePermission):
    """Lets a key read, where it may and does not come too often."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Tell whether it may; raise Throttled."""
        key = cast("ApiKey", request.auth)
        limit_calls(key)
        return key.may(Scope.READ)


def limit_calls(key: ApiKey) -> None:
    """Raise Throttled when a key comes too often."""
    if not within_limit(f"api:{key.pk}", times=settings.API_CALLS_BY_KEY, per_s=WINDOW_S):
        raise Throttled(wait=WINDOW_S)


def _counts(key: ApiKey, secret: str) -> bool:
    # A key that was made for tests opens nothing real, whatever became of its merchant.
    return key.works(clock.now()) and key.merchant.is_active and secret.startswith(prefix_of(key.merchant))


def _note_use(key: ApiKey) -> None:
    """Have it written down, at most once a minute, by a worker; losing it loses nothing that matters."""
    try:
        is_first = cache.add(f"api-key-used:{key.pk}", 1, timeout=NOTE_USE_EVERY_S)
    except (RedisError, OSError):
        return
    if is_first:
        wake("orders.note_key_use", key_id=key.pk)

"""Counting in Redis how often somebody does something. A Redis that is away lets everybody through."""

from __future__ import annotations

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def within_limit(key: str, *, times: int, per_s: int) -> bool:
    """Count one more for `key` and tell whether that is at most `times` in a window of `per_s` seconds.

    It protects the machine, never the money: without Redis the answer is yes. Notifications are never counted.
    """
    try:
        if cache.add(f"limit:{key}", 1, timeout=per_s):
            return times >= 1
        return int(cache.incr(f"limit:{key}")) <= times
    except RedisError:
        log.warning("cannot count %s: Redis is away", key.partition(":")[0])
        return True
    except ValueError:  # the window ended between the two commands
        return True

"""Settings of a simulated history: the real ones, a database of its own, time compressed by settings alone."""

from __future__ import annotations

from cashier.schedule import Schedule
from payhub.settings_test import *  # noqa: F403
from payhub.settings_test import DATABASES

DATABASES["default"]["CONN_HEALTH_CHECKS"] = False
DATABASES["default"]["OPTIONS"] = {
    # Only one actor ever runs: whoever has to wait for a lock at all waits for one that stands still.
    "options": "-c lock_timeout=2ms",
}
CACHES = {"default": {"BACKEND": "tests.simulation.cache.PlayedCache"}}
LOGGING_CONFIG = None  # what is logged as an error is judged (oracles), the rest is not written anywhere
QUERY_THREADS = 1
PAYMENT_LIFETIME_S = 300
SUBMIT_GUARD_TTL_S = 10
_SCHEDULE = Schedule(first_s=(5, 15, 40), every_s=60, closing_s=(5, 10, 20, 30, 60, 120), slow_s=600)
QUERY_SCHEDULES = {
    f"{channel}.{method}": _SCHEDULE for channel in ("alpha", "beta") for method in ("qr", "page", "bank")
}
OUTBOX_CONSUMERS = {
    "orders": "orders.consumers.orders",
    "webhooks": "orders.consumers.webhooks",
    "merchant": "tests.simulation.merchants.consumer",
}
COUNTER_CLICKS_BY_PAYMENT = 1_000_000

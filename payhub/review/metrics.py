"""What of the exception queue can be measured."""

from __future__ import annotations

from payhub.metrics import Gauge

METRICS = [
    Gauge(
        name="payhub_exceptions_open",
        says="Exceptions that wait for a person.",
        labels=("kind", "owner"),
        sql="SELECT kind, owner, count(*) FROM review_reviewitem WHERE resolved_at IS NULL "
        "GROUP BY kind, owner ORDER BY kind, owner",
    ),
    Gauge(
        name="payhub_exceptions_oldest_seconds",
        says="How long the oldest open exception has been waiting.",
        sql="SELECT greatest(0, extract(epoch FROM %(now)s - coalesce(min(opened_at), %(now)s))) FROM review_reviewitem "
        "WHERE resolved_at IS NULL",
    ),
]

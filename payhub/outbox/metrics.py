"""What of the outbox can be measured. Parked deliveries are open exceptions (payhub_exceptions_open)."""

from __future__ import annotations

from payhub.metrics import Gauge

METRICS = [
    Gauge(
        name="payhub_deliveries_pending",
        says="Events on their way to a consumer.",
        labels=("consumer",),
        sql="SELECT consumer, count(*) FROM outbox_delivery WHERE state = 'PENDING' GROUP BY consumer ORDER BY consumer",
    ),
    Gauge(
        name="payhub_deliveries_overdue_seconds",
        says="How long the most overdue delivery has been waiting for its worker.",
        sql="SELECT greatest(0, extract(epoch FROM %(now)s - coalesce(min(next_at), %(now)s))) FROM outbox_delivery "
        "WHERE state = 'PENDING'",
    ),
]

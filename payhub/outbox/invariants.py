"""What must always hold of the outbox."""

from __future__ import annotations

from payhub.invariants import Invariant

INVARIANTS = [
    Invariant(
        code="F1d",
        says="No delivery is overdue by more than ten minutes.",
        checked="SELECT id FROM outbox_delivery WHERE state = 'PENDING'",
        broken="SELECT id FROM outbox_delivery WHERE state = 'PENDING' AND next_at < %(now)s - interval '10 minutes'",
    ),
    Invariant(
        code="L1d",
        says="Every parked delivery has an open exception.",
        checked="SELECT id FROM outbox_delivery WHERE state = 'PARKED'",
        broken="SELECT id FROM outbox_delivery d WHERE state = 'PARKED' AND NOT EXISTS (SELECT 1 FROM review_reviewitem "
        "WHERE subject = 'delivery:' || d.id AND resolved_at IS NULL)",
    ),
]

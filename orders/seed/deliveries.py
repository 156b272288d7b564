"""The deliveries by which the orders of a seeded history heard that they were paid."""

from __future__ import annotations

from payhub.seed.fill import Fill

DELIVERIES = Fill(
    name="delivered",
    table="outbox_delivery",
    ids=1,
    row_bytes=175,
    in_one_go=True,
    sql="""
    INSERT INTO outbox_delivery (id, event_id, consumer, state, tries, next_at, last_error, done_at)
    SELECT %(delivered)s + n - 1, %(paid_event)s + n - 1, 'orders', 'DONE', 1, paid_at, '', paid_at FROM seeded WHERE is_paid
    """,
)

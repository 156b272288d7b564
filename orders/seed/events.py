"""What a seeded history told: the news of every paid order, and the deliveries of both events."""

from __future__ import annotations

from payhub.seed.fill import Fill

EVENTS = Fill(
    name="news",
    table="outbox_event",
    ids=1,
    row_bytes=535,
    sql="""
    INSERT INTO outbox_event (id, event_id, name, subject, payload, merchant_id, created_at)
    SELECT %(news)s + n - 1, pg_temp.seeded_number('E' || day, %(seed)s || 'n' || n),
        'order.paid', 'order:' || order_no, jsonb_build_object('order_no', order_no, 'merchant_order_no', '', 'state', 'paid',
            'amount_minor', amount_minor, 'currency', 'CNY', 'refunded_minor', 0, 'payment_no', payment_no), m.id, paid_at
    FROM seeded JOIN merchants_merchant m ON m.code = merchant WHERE is_paid
    """,
)
_DELIVERED = """
    INSERT INTO outbox_delivery (id, event_id, consumer, state, tries, next_at, last_error, done_at)
    SELECT %({name})s + n - 1, %({event})s + n - 1, '{consumer}', 'DONE', 1, paid_at, '', paid_at FROM seeded WHERE is_paid
"""
DELIVERIES = Fill(
    name="delivered",
    table="outbox_delivery",
    ids=1,
    row_bytes=175,
    in_one_go=True,
    sql=_DELIVERED.format(name="delivered", event="paid_event", consumer="orders"),
)
NEWS_DELIVERIES = Fill(
    name="news_delivered",
    table="outbox_delivery",
    ids=1,
    row_bytes=175,
    in_one_go=True,
    sql=_DELIVERED.format(name="news_delivered", event="news", consumer="webhooks"),
)

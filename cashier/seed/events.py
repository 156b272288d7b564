"""The event of every paid payment of a seeded history."""

from __future__ import annotations

from payhub.seed.fill import Fill

EVENTS = Fill(
    name="paid_event",
    table="outbox_event",
    ids=1,
    row_bytes=535,
    sql="""
    INSERT INTO outbox_event (id, event_id, name, subject, payload, merchant_id, created_at)
    SELECT %(paid_event)s + s.n - 1, pg_temp.seeded_number('E' || s.day, %(seed)s || 'e' || s.n),
        'payment.paid', 'payment:' || s.payment_no, jsonb_build_object('payment_no', s.payment_no, 'merchant_id', m.id,
            'merchant_order_no', s.order_no, 'amount_minor', s.amount_minor, 'currency', 'CNY', 'attempt_no', t.attempt_no,
            'late', false, 'paid_at', s.paid_at), NULL, s.paid_at
    FROM seeded s JOIN merchants_merchant m ON m.code = s.merchant JOIN seeded_try t ON t.n = s.n AND t.verdict = 'PAYS'
    WHERE s.is_paid AND t.is_over
    """,
)

"""The exceptions of a seeded history: attempts whose end is not known, and surplus."""

from __future__ import annotations

from payhub.seed.fill import Fill

REVIEWS = Fill(
    name="review",
    table="review_reviewitem",
    ids=1,
    row_bytes=10,
    sql="""
    INSERT INTO review_reviewitem (id, kind, subject, reason, owner, amount_minor, currency, opened_at, resolved_at,
        resolution)
    SELECT %(review)s + n - 1, 'UNKNOWN_PAYMENT', 'attempt:' || attempt_no, 'The last scheduled query brought no end.',
        'OPERATIONS', amount_minor, 'CNY', ended_at, NULL::timestamptz, '' FROM seeded_try WHERE state = 'UNKNOWN'
    UNION ALL
    SELECT %(review)s + n - 1, 'SURPLUS', 'refund:' || refund_no, 'Payment ' || payment_no || ' was paid twice or too late.',
        'FINANCE', amount_minor, 'CNY', return_asked_at, CASE refund_state WHEN 'SUCCEEDED' THEN returned_at END,
        CASE refund_state WHEN 'SUCCEEDED' THEN 'RETURNS' ELSE '' END
    FROM seeded WHERE fate IN ('TWICE', 'LATE')
    """,
)

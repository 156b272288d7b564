"""What the trail knows of the payments that have a case in a seeded history. All others have no trail: it would be as
long as everything else together, and only a case is ever read by it."""

from __future__ import annotations

from payhub.seed.fill import Fill
from payhub.trail.seed import chained

_IDS = 6
_RECORDS = """
    SELECT n, 'payment:' || payment_no AS subject, at, 'shopper' AS actor, 'payment.opened' AS action,
        jsonb_build_object('amount', '¥' || to_char(amount_minor / 100.0, 'FM999,990.00')) AS detail FROM seeded WHERE has_case
    UNION ALL
    SELECT t.n, 'payment:' || t.payment_no, t.tried_at, 'shopper', 'attempt.started',
        jsonb_build_object('attempt_no', t.attempt_no, 'method', t.method)
    FROM seeded_try t JOIN seeded s ON s.n = t.n WHERE s.has_case
    UNION ALL
    SELECT t.n, 'payment:' || t.payment_no, t.ended_at, 'channel:' || t.account_code, 'attempt.' || lower(t.verdict),
        jsonb_build_object('attempt_no', t.attempt_no, 'source', 'NOTIFICATION')
    FROM seeded_try t JOIN seeded s ON s.n = t.n WHERE s.has_case
    UNION ALL
    SELECT n, 'payment:' || payment_no, returned_at, 'channel', 'refund.returns', jsonb_build_object('refund_no', refund_no)
    FROM seeded WHERE has_case AND refund_state = 'SUCCEEDED'
"""
TRAIL = Fill(
    name="payment_trail",
    table="trail_operationrecord",
    ids=_IDS,
    row_bytes=75,
    is_hot=False,
    in_one_go=True,
    sql=chained(_RECORDS, first="payment_trail", ids=_IDS),
)

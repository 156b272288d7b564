"""What the trail knows of the orders that have a case in a seeded history, and of the case."""

from __future__ import annotations

from payhub.seed.fill import Fill
from payhub.trail.seed import chained

_IDS = 3
_RECORDS = """
    SELECT s.n, 'order:' || s.order_no AS subject, s.at, 'shopper' AS actor, 'order.submitted' AS action,
        jsonb_build_object('amount', '¥' || to_char(s.amount_minor / 100.0, 'FM999,990.00')) AS detail FROM seeded s WHERE s.has_case
    UNION ALL
    SELECT s.n, 'order:' || s.order_no, s.paid_at, 'system', 'order.paid', jsonb_build_object('payment_no', s.payment_no)
    FROM seeded s WHERE s.has_case AND s.is_paid
    UNION ALL
    SELECT s.n, 'complaint:' || c.complaint_no, c.created_at, c.raised_by, 'complaint.opened',
        jsonb_build_object('order_no', s.order_no, 'kind', c.kind)
    FROM seeded s JOIN orders_complaint c ON c.id = %(complaint)s + s.n - 1 WHERE s.has_case
"""
TRAIL = Fill(
    name="case_trail",
    table="trail_operationrecord",
    ids=_IDS,
    row_bytes=50,
    is_hot=False,
    in_one_go=True,
    sql=chained(_RECORDS, first="case_trail", ids=_IDS),
)

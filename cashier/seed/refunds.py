"""Refunds of a seeded history: surplus, and money that its merchant gave back."""

from __future__ import annotations

from payhub.seed.fill import Fill

# By itself within the merchant's limit; else approved by seeded-finance, or waiting for somebody who does.
REFUNDS = Fill(
    name="refund",
    table="cashier_refund",
    ids=1,
    row_bytes=20,
    in_one_go=True,
    sql="""
    INSERT INTO cashier_refund (id, refund_no, merchant_refund_no, attempt_id, receipt_id, amount_minor, currency, reason,
        note, is_surplus, is_automatic, requested_at, first_sent_at, approved_by_id, state, memo, last_message, proof_id,
        ended_at)
    SELECT %(refund)s + n - 1, refund_no, '', %(attempt)s + 2 * (n - 1) + k, %(fact)s + 3 * (n - 1) + k, amount_minor, 'CNY',
        CASE fate WHEN 'TWICE' THEN 'SURPLUS_SECOND' WHEN 'LATE' THEN 'SURPLUS_LATE' ELSE 'RETURNED_GOODS' END, '',
        fate <> 'RETURNED', fate = 'RETURNED' OR NOT is_by_hand, return_asked_at,
        CASE refund_state WHEN 'SUCCEEDED' THEN return_asked_at END,
        CASE WHEN refund_state = 'SUCCEEDED' AND fate <> 'RETURNED' AND is_by_hand
            THEN (SELECT id FROM auth_user WHERE username = 'seeded-finance') END,
        refund_state, '{}', '', CASE refund_state WHEN 'SUCCEEDED' THEN %(fact)s + 3 * (n - 1) + 2 END,
        CASE refund_state WHEN 'SUCCEEDED' THEN returned_at END
    FROM (SELECT *, CASE fate WHEN 'TWICE' THEN 1 ELSE 0 END AS k FROM seeded WHERE refund_state IS NOT NULL) AS returning_
    """,
)

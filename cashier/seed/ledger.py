"""The ledger of a seeded history: every receipt and every return, in two entries that sum to zero."""

from __future__ import annotations

from payhub.seed.fill import Fill

LEDGER = Fill(
    name="ledger",
    table="cashier_ledgerentry",
    ids=6,
    row_bytes=625,
    in_one_go=True,
    sql="""
    INSERT INTO cashier_ledgerentry (id, journal, line, account, amount_minor, currency, fact_id, booked_at)
    SELECT %(ledger)s + 6 * (b.n - 1) + 2 * b.place + side.line - 1, b.journal, side.line,
        CASE side.line WHEN b.channel_line THEN 'channel:' || b.account_code
            ELSE CASE WHEN b.is_surplus THEN 'surplus:' ELSE 'merchant:' END || b.merchant END,
        CASE side.line WHEN 1 THEN b.amount_minor ELSE -b.amount_minor END, 'CNY', b.fact, b.at
    FROM (
        SELECT n, k AS place, 1 AS channel_line, 'receipt:' || %(fact)s + 3 * (n - 1) + k AS journal, account_code, merchant,
            is_surplus, amount_minor, %(fact)s + 3 * (n - 1) + k AS fact, ended_at AS at
        FROM seeded_try WHERE outcome = 'PAID'
        UNION ALL
        SELECT s.n, 2, 2, 'return:' || s.refund_no, t.account_code, s.merchant, t.is_surplus, s.amount_minor,
            %(fact)s + 3 * (s.n - 1) + 2, s.returned_at
        FROM seeded s JOIN seeded_try t ON t.n = s.n AND t.k = CASE s.fate WHEN 'TWICE' THEN 1 ELSE 0 END
        WHERE s.refund_state = 'SUCCEEDED') AS b
    CROSS JOIN (VALUES (1), (2)) AS side (line)
    """,
)

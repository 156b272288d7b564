"""Payments of a seeded history."""

from __future__ import annotations

from payhub.seed.fill import Fill

PAYMENTS = Fill(
    name="payment",
    table="cashier_payment",
    ids=1,
    row_bytes=665,
    in_one_go=True,
    sql="""
    INSERT INTO cashier_payment (id, payment_no, token, merchant_id, merchant_order_no, amount_minor, currency, title,
        return_url, help_url, created_at, expires_at, state, close_wanted, paid_at, closed_at, paid_by_id)
    SELECT %(payment)s + n - 1, payment_no, payment_token, m.id, order_no, amount_minor, 'CNY', 'A seeded order', '', '', at,
        expires_at, CASE WHEN is_paid THEN 'PAID' WHEN closed_at IS NULL THEN 'OPEN' ELSE 'CLOSED' END,
        CASE WHEN fate = 'CANCELLED' THEN 'CANCELLED' WHEN closed_at IS NULL THEN '' ELSE 'EXPIRED' END,
        CASE WHEN is_paid THEN paid_at END, closed_at,
        CASE WHEN is_paid THEN %(attempt)s + 2 * (n - 1) + CASE fate WHEN 'RETRIED' THEN 1 ELSE 0 END END
    FROM seeded JOIN merchants_merchant m ON m.code = merchant
    """,
)

"""Orders of a seeded history."""

from __future__ import annotations

from payhub.seed.fill import Fill

ORDERS = Fill(
    name="placed",
    table="orders_order",
    ids=1,
    row_bytes=1170,
    in_one_go=True,
    sql="""
    INSERT INTO orders_order (id, order_no, token, merchant_id, merchant_order_no, return_url, buyer, buyer_name, contact,
        address, title, items, amount_minor, currency, digest, created_at, state, payment_no, paid_at, fulfilled_at, ended_at,
        refunded_minor, ask_at)
    SELECT %(placed)s + n - 1, order_no, order_token, m.id, '', '', 'seeded-buyer-' || buyer,
        (ARRAY['李雷', '韩梅梅', 'Ada', 'Grace'])[1 + buyer %% 4], '1' || lpad((3000000000 + buyer)::text, 10, '0'),
        buyer || ' Lake Road, Hangzhou', title, jsonb_build_array(jsonb_build_object('sku', 'seeded-' || buyer %% 40, 'title',
            title, 'unit_minor', amount_minor, 'quantity', 1)), amount_minor, 'CNY',
        encode(sha256(convert_to(%(seed)s || ':' || n, 'UTF8')), 'hex'), at,
        CASE WHEN fate = 'RETURNED' THEN 'REFUNDED' WHEN is_sent THEN 'FULFILLED' WHEN is_paid THEN 'PAID'
            WHEN fate IN ('EXPIRED', 'LATE') THEN 'EXPIRED' WHEN fate = 'CANCELLED' THEN 'CANCELLED'
            ELSE 'AWAITING_PAYMENT' END,
        CASE WHEN is_paid THEN payment_no ELSE '' END, CASE WHEN is_paid THEN paid_at END,
        CASE WHEN is_sent THEN at + interval '1 day' END, closed_at,
        CASE fate WHEN 'RETURNED' THEN amount_minor ELSE 0 END,
        CASE WHEN fate IN ('PAYING', 'UNKNOWN') THEN %(until)s + interval '1 day' END
    FROM (SELECT *, is_paid AND fate <> 'RETURNED' AND at < %(until)s - interval '2 days' AS is_sent,
        'Parcel no. ' || 1 + buyer %% 40 AS title FROM seeded) AS s JOIN merchants_merchant m ON m.code = merchant
    """,
)

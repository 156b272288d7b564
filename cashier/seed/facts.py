"""What the channels said in a seeded history: of every attempt that ended, and of every refund that went back.

The digests are those of `cashier.services.facts.store`, so that the same fact again has no effect here either.
"""

from __future__ import annotations

from payhub.seed.fill import Fill

FACTS = Fill(
    name="fact",
    table="cashier_channelfact",
    ids=3,
    row_bytes=850,
    sql=r"""
    INSERT INTO cashier_channelfact (id, account_id, attempt_id, refund_id, source, outcome, verdict, attempt_no, refund_no,
        amount_minor, currency, channel_trade_no, occurred_at, code, message, raw, received_at, digest)
    SELECT %(fact)s + 3 * (f.n - 1) + f.place, c.id, %(attempt)s + 2 * (f.n - 1) + f.k,
        CASE WHEN f.place = 2 THEN %(refund)s + f.n - 1 END, f.source, f.outcome, f.verdict, f.attempt_no, f.refund_no,
        f.amount_minor, CASE WHEN f.amount_minor IS NULL THEN '' ELSE 'CNY' END, f.trade_no, f.at, '', '', '{}', f.at,
        encode(sha256(convert_to(concat_ws(E'\x1f', c.id, f.source, f.attempt_no, f.refund_no, f.outcome, f.verdict,
            f.trade_no, f.amount_minor, CASE WHEN f.amount_minor IS NOT NULL THEN 'CNY' END), 'UTF8')), 'hex')
    FROM (
        SELECT n, k, k AS place, account_code, CASE k WHEN 0 THEN 'NOTIFICATION' ELSE 'QUERY' END AS source, outcome,
            verdict, attempt_no, '' AS refund_no, CASE outcome WHEN 'PAID' THEN amount_minor END AS amount_minor, trade_no,
            ended_at AS at
        FROM seeded_try WHERE is_over
        UNION ALL
        SELECT s.n, t.k, 2, t.account_code, 'REFUND', 'PAID', 'RETURNS', t.attempt_no, s.refund_no, s.amount_minor, '',
            s.returned_at
        FROM seeded s JOIN seeded_try t ON t.n = s.n AND t.k = CASE s.fate WHEN 'TWICE' THEN 1 ELSE 0 END
        WHERE s.refund_state = 'SUCCEEDED') AS f
    JOIN cashier_channelaccount c ON c.code = f.account_code
    """,
)

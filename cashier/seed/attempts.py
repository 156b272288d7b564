"""Attempts of a seeded history, and the queries of those whose end is not known."""

from __future__ import annotations

from payhub.seed.fill import Fill

ATTEMPTS = Fill(
    name="attempt",
    table="cashier_attempt",
    ids=2,
    row_bytes=420,
    in_one_go=True,
    sql="""
    INSERT INTO cashier_attempt (id, attempt_no, payment_id, account_id, method, amount_minor, currency, exclusive,
        created_at, expires_at, lease_until, state, presentation_kind, presentation_content, presentation_fields, memo,
        channel_trade_no, asked_count, asked_at, last_outcome, last_message, answers, surplus, proof_id, ended_at)
    SELECT %(attempt)s + 2 * (n - 1) + k, attempt_no, %(payment)s + n - 1, c.id, method, amount_minor, 'CNY',
        fate <> 'TWICE', tried_at, tried_at + interval '15 minutes', tried_at + interval '15 seconds', state, '', '', '{}',
        '{}', trade_no, 1, ended_at, '', '', '[]', is_over AND is_surplus,
        CASE WHEN is_over THEN %(fact)s + 3 * (n - 1) + k END, CASE WHEN is_over THEN ended_at END
    FROM seeded_try JOIN cashier_channelaccount c ON c.code = account_code
    """,
)
PENDING = Fill(
    name="pending",
    table="cashier_pendingquery",
    ids=1,
    row_bytes=0,
    sql="""
    INSERT INTO cashier_pendingquery (id, attempt_id, channel, next_at, tries)
    SELECT %(pending)s + n - 1, %(attempt)s + 2 * (n - 1) + k, channel, %(until)s + interval '1 day', 0
    FROM seeded_try WHERE NOT is_over
    """,
)

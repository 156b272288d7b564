"""Cases of a seeded history: about all surplus, and complaints of shoppers about orders that are as they should be."""

from __future__ import annotations

from payhub.seed.fill import Fill

# What no refund decides is decided after five days; of what is younger some is new, some worked on, some waits.
COMPLAINTS = Fill(
    name="complaint",
    table="orders_complaint",
    ids=1,
    row_bytes=33,
    is_hot=False,
    in_one_go=True,
    sql="""
    INSERT INTO orders_complaint (id, complaint_no, token, order_id, merchant_id, kind, source, raised_by, amount_minor,
        currency, created_at, due_at, state, owner_id, checked, channel_said, decision, decision_reason, decided_by_id,
        decided_at, ended_at)
    SELECT %(complaint)s + n - 1,
        pg_temp.seeded_number('D' || to_char(opened_at AT TIME ZONE 'UTC', 'YYMMDD'),
            %(seed)s || 'c' || n),
        md5(%(seed)s || 'complaint' || n), %(placed)s + n - 1, m.id, kind, CASE WHEN is_surplus THEN 'SYSTEM' ELSE 'SHOPPER' END,
        CASE WHEN is_surplus THEN 'system' ELSE 'shopper' END, amount_minor, 'CNY', opened_at, opened_at + interval '1 day',
        state, CASE WHEN state <> 'NEW' THEN agent.id END, '[]', '[]', decision,
        CASE decision WHEN '' THEN '' ELSE 'As the channel confirmed it.' END, CASE decision WHEN '' THEN NULL ELSE agent.id END,
        CASE decision WHEN '' THEN NULL ELSE opened_at END, CASE state WHEN 'CLOSED' THEN ended_at END
    FROM (SELECT *, CASE WHEN state NOT IN ('CLOSED', 'REFUNDING') THEN '' WHEN fate = 'TWICE' THEN 'REFUND_DUPLICATE'
            WHEN fate = 'LATE' THEN 'PAID_LATE' ELSE 'TWO_PURCHASES' END AS decision
        FROM (SELECT *, CASE WHEN refund_state = 'REQUESTED' THEN 'REFUNDING'
                WHEN refund_state = 'SUCCEEDED' OR opened_at < %(until)s - interval '5 days' THEN 'CLOSED'
                ELSE (ARRAY['NEW', 'INVESTIGATING', 'WAITING'])[1 + n %% 3] END AS state
            FROM (SELECT *, fate IN ('TWICE', 'LATE') AS is_surplus,
                    CASE WHEN fate IN ('TWICE', 'LATE') THEN return_asked_at ELSE at + interval '50 minutes' END AS opened_at,
                    CASE WHEN fate IN ('TWICE', 'LATE') THEN returned_at ELSE at + interval '5 days' END AS ended_at,
                    CASE fate WHEN 'TWICE' THEN 'DUPLICATE' WHEN 'LATE' THEN 'LATE' WHEN 'RETURNED' THEN 'NO_REFUND'
                        ELSE (ARRAY['DUPLICATE', 'LOST', 'AMOUNT'])[1 + n %% 3] END AS kind
                FROM seeded WHERE has_case) AS opened) AS stood) AS c
    JOIN merchants_merchant m ON m.code = c.merchant, (SELECT id FROM auth_user WHERE username = 'seeded-agent') AS agent
    """,
)
MESSAGES = Fill(
    name="message",
    table="orders_complaintmessage",
    ids=1,
    row_bytes=10,
    is_hot=False,
    sql="""
    INSERT INTO orders_complaintmessage (id, complaint_id, author, text, written_at)
    SELECT %(message)s + n - 1, %(complaint)s + n - 1, 'SHOPPER', 'I see the amount twice in my account. 我的账户里有两笔扣款。',
        at + interval '50 minutes' FROM seeded WHERE has_case AND fate NOT IN ('TWICE', 'LATE')
    """,
)

"""The SQL of matching, in the order in which `match` runs it. Everything happens in one transaction.

Names of the payment centre's side are those of the views `cashier_settled` and `cashier_asked` (docs/adr/0003).
"""

from __future__ import annotations

# What is not a plain match, for the length of the transaction.
ODD = """
DROP TABLE IF EXISTS pg_temp.bill_odd;
CREATE TEMP TABLE bill_odd (
    id integer GENERATED ALWAYS AS IDENTITY,
    bucket text NOT NULL, state text NOT NULL DEFAULT 'OPEN', kind text, is_copy boolean NOT NULL,
    row integer, attempt_no text, refund_no text, trade_no text, line_minor bigint, line_currency text,
    line_fee_minor bigint, line_at timestamptz, line_state text, is_final boolean NOT NULL DEFAULT true,
    fact_id bigint, counts_local boolean NOT NULL, local_minor bigint, local_currency text, local_at timestamptz,
    local_state text NOT NULL DEFAULT '', source text, verdict text NOT NULL DEFAULT '', key text
) ON COMMIT DROP
"""

_NUMBER = "CASE kind WHEN 'REFUND' THEN refund_no ELSE attempt_no END"
_TRADE = "CASE kind WHEN 'REFUND' THEN '' ELSE channel_trade_no END"

# One pass over both sides. What matches is counted; of the rest it is told which they are. Lines there twice never meet
# a success of ours; what is settled only because a bill's line said so is no knowledge of ours (source BILL): a second
# run finds the same as the first.
PAIR = f"""
DROP TABLE IF EXISTS pg_temp.bill_pair;
CREATE TEMP TABLE bill_pair ON COMMIT DROP AS
WITH theirs AS (
    SELECT row, kind, CASE WHEN NOT is_copy THEN {_NUMBER} END AS number, {_TRADE} AS trade, amount_minor, currency,
        fee_minor, is_copy
    FROM (SELECT *, row = ANY (%(copies)s::int[]) AS is_copy FROM reconciliation_billline
          WHERE day_date = %(day)s AND bill_id = %(bill)s) line
), ours AS NOT MATERIALIZED (
    SELECT fact_id, kind, {_NUMBER} AS number, {_TRADE} AS trade, amount_minor, currency, source
    FROM cashier_settled
    WHERE account_code = %(account)s AND settled_at >= %(starts_at)s AND settled_at < %(ends_at)s
        AND NOT (source = 'BILL' AND EXISTS (SELECT FROM reconciliation_difference d
                 WHERE d.fact_id = cashier_settled.fact_id AND d.is_booked AND d.bill_id <> %(bill)s))
), paired AS (
    SELECT t.row, o.fact_id, t.kind, t.amount_minor, t.currency, t.fee_minor,
        CASE WHEN t.kind = 'UNREADABLE' THEN 'UNREADABLE' WHEN t.is_copy THEN 'DUPLICATE'
            WHEN t.row IS NULL THEN 'LOCAL_ONLY' WHEN o.fact_id IS NULL OR o.source = 'BILL' THEN 'CHANNEL_ONLY'
            WHEN t.currency <> o.currency THEN 'CURRENCY' WHEN t.amount_minor <> o.amount_minor THEN 'AMOUNT'
            WHEN t.kind = 'PAYMENT'
                AND abs(t.fee_minor - (t.amount_minor * %(rate_ppm)s::bigint + 500000) / 1000000) > 1 THEN 'FEE'
            ELSE 'MATCHED' END AS bucket
    FROM theirs t FULL JOIN ours o ON t.number = o.number AND t.trade = o.trade AND t.kind = o.kind
)
SELECT bucket, kind, currency, count(*) AS lines, sum(amount_minor) AS minor, sum(fee_minor) AS fees,
    count(fact_id) AS met, (SELECT count(*) FROM ours) AS ours,
    array_agg(row) FILTER (WHERE bucket <> 'MATCHED') AS rows,
    array_agg(fact_id) FILTER (WHERE bucket <> 'MATCHED') AS facts
FROM paired GROUP BY bucket, kind, currency
"""  # noqa: S608 - our own SQL

KEEP_ODD = """
INSERT INTO bill_odd (bucket, kind, is_copy, row, fact_id, counts_local)
SELECT p.bucket, p.kind, p.bucket = 'DUPLICATE', o.row, o.fact_id, o.fact_id IS NOT NULL
FROM bill_pair p, unnest(p.rows, p.facts) AS o (row, fact_id) WHERE p.bucket <> 'MATCHED' ORDER BY o.row, o.fact_id
"""

FILL = [
    """
    UPDATE bill_odd o SET attempt_no = l.attempt_no, refund_no = l.refund_no, trade_no = l.channel_trade_no,
        line_minor = l.amount_minor, line_currency = l.currency, line_fee_minor = l.fee_minor,
        line_at = l.occurred_at, line_state = l.state, is_final = l.is_final
    FROM reconciliation_billline l WHERE l.day_date = %(day)s AND l.bill_id = %(bill)s AND l.row = o.row
    """,
    "CREATE INDEX ON bill_odd (attempt_no)",
    "ANALYZE bill_odd",
]

# Whether a line is there twice: then a success of ours was met twice, or both are among what did not match.
HAS_COPIES = """
SELECT COALESCE((SELECT sum(met) > max(ours) FROM bill_pair), false) OR EXISTS (
    SELECT FROM bill_odd WHERE row IS NOT NULL AND concat(attempt_no, refund_no, trade_no) <> ''
    GROUP BY kind, CASE kind WHEN 'REFUND' THEN refund_no ELSE attempt_no END,
        CASE kind WHEN 'REFUND' THEN '' ELSE trade_no END HAVING count(*) > 1)
"""

# Lines that are there once more: all but the first. A million hashes are grouped in half the time that grouping what was
# hashed takes; the few lines that share one are compared by what they are.
COPIES = f"""
WITH line AS NOT MATERIALIZED (
    SELECT row, kind, {_NUMBER} AS number, {_TRADE} AS trade, hashtextextended({_NUMBER} || {_TRADE}, 0) AS hash
    FROM reconciliation_billline
    WHERE day_date = %(day)s AND bill_id = %(bill)s AND ({_NUMBER} <> '' OR {_TRADE} <> '')
)
SELECT row FROM (
    SELECT row, row_number() OVER (PARTITION BY kind, number, trade ORDER BY row) AS nth
    FROM line WHERE hash IN (SELECT hash FROM line GROUP BY hash HAVING count(*) > 1)
) alike WHERE nth > 1 ORDER BY row
"""  # noqa: S608 - our own SQL

# A success of ours by its number alone, whatever its day, for lines that found none: a number without the channel's
# own on one side, or the same money in another day's books.
FIND = """
UPDATE bill_odd o SET fact_id = f.fact_id, counts_local = false,
    bucket = CASE
        WHEN f.source = 'BILL' AND f.is_mine THEN 'CHANNEL_ONLY'
        WHEN f.is_taken THEN 'DUPLICATE' WHEN f.is_today THEN 'CHANNEL_ONLY' ELSE 'OTHER_DAY' END
FROM (
    SELECT DISTINCT ON (c.id) c.id, s.fact_id, s.source,
           s.settled_at >= %(starts_at)s AND s.settled_at < %(ends_at)s AS is_today,
           EXISTS (SELECT FROM reconciliation_difference d WHERE d.bill_id = %(bill)s AND d.row IS NOT NULL
                   AND d.bucket IN ('CHANNEL_ONLY', 'STATE', 'ACCOUNT') AND d.kind = c.kind
                   AND d.attempt_no = c.attempt_no AND d.refund_no = c.refund_no) AS is_mine,
           CASE WHEN s.settled_at >= %(starts_at)s AND s.settled_at < %(ends_at)s
                THEN NOT EXISTS (SELECT FROM bill_odd l WHERE l.fact_id = s.fact_id AND l.bucket = 'LOCAL_ONLY')
                ELSE EXISTS (SELECT FROM reconciliation_bill b WHERE b.account_code = %(account)s
                             AND s.settled_at >= b.starts_at AND s.settled_at < b.ends_at
                             AND b.state IN ('MATCHED', 'BALANCED', 'DIFFERENT', 'CLOSED')
                             AND NOT EXISTS (SELECT FROM reconciliation_difference d WHERE d.bill_id = b.id
                                 AND d.fact_id = s.fact_id AND d.row IS NULL AND d.state <> 'AGREES')) END AS is_taken
    FROM bill_odd c JOIN cashier_settled s ON s.account_code = %(account)s AND s.attempt_no = c.attempt_no
        AND s.refund_no = c.refund_no AND s.kind = c.kind
        AND (c.kind = 'REFUND' OR s.channel_trade_no = c.trade_no OR s.channel_trade_no = '' OR c.trade_no = '')
    WHERE c.bucket = 'CHANNEL_ONLY' AND c.fact_id IS NULL AND c.attempt_no <> ''
    ORDER BY c.id, s.fact_id
) f WHERE f.id = o.id
"""

# The two halves of one thing (a side without the channel's number) become one: one line with one success.
UNITE = """
WITH half AS (
    SELECT DISTINCT ON (t.fact_id) t.id AS line_id, o.id AS local_id FROM bill_odd t
    JOIN bill_odd o ON o.fact_id = t.fact_id AND o.bucket = 'LOCAL_ONLY' AND o.row IS NULL
    WHERE t.bucket = 'CHANNEL_ONLY' AND t.row IS NOT NULL ORDER BY t.fact_id, t.row
), gone AS (DELETE FROM bill_odd o USING half WHERE o.id = half.local_id)
UPDATE bill_odd t SET counts_local = true, bucket = 'UNITED' FROM half WHERE t.id = half.line_id
"""
ALONE = """
UPDATE bill_odd SET fact_id = NULL, local_minor = NULL, local_currency = NULL, local_at = NULL, local_state = '',
    source = NULL WHERE bucket = 'CHANNEL_ONLY' AND source <> 'BILL'
"""

LOCAL_SIDE = """
UPDATE bill_odd o SET local_minor = s.amount_minor, local_currency = s.currency, local_at = s.settled_at,
    kind = COALESCE(o.kind, s.kind), source = s.source, local_state = s.verdict,
    attempt_no = COALESCE(o.attempt_no, s.attempt_no),
    refund_no = COALESCE(o.refund_no, s.refund_no), trade_no = COALESCE(o.trade_no, s.channel_trade_no)
FROM cashier_settled s WHERE s.fact_id = o.fact_id
"""

JUDGE_UNITED = """
UPDATE bill_odd SET bucket = CASE WHEN line_currency <> local_currency THEN 'CURRENCY'
    WHEN line_minor <> local_minor THEN 'AMOUNT' ELSE 'MATCHED' END WHERE bucket = 'UNITED'
"""

# Numbers that we gave out and that have no success here, and numbers of another account.
KNOWN = """
UPDATE bill_odd o SET local_state = a.state,
    bucket = CASE WHEN a.account_code <> %(account)s THEN 'ACCOUNT' WHEN a.state = 'SUCCEEDED' THEN o.bucket
             ELSE 'STATE' END
FROM cashier_asked a
WHERE o.bucket = 'CHANNEL_ONLY' AND o.fact_id IS NULL AND o.attempt_no <> ''
    AND a.attempt_no = o.attempt_no AND a.refund_no = o.refund_no AND a.kind = o.kind
"""

KEYS = """
UPDATE bill_odd SET key = CASE WHEN kind = 'UNREADABLE' THEN 'UNREADABLE:' || row ELSE concat_ws(':', kind,
    left(attempt_no, 64), left(refund_no, 64), left(CASE kind WHEN 'REFUND' THEN '' ELSE trade_no END, 64),
    CASE WHEN is_copy THEN row ELSE 0 END) END
"""

# A line that became a fact keeps the bucket in which it was found.
SETTLED = """
UPDATE bill_odd o SET counts_local = false, verdict = local_state,
    state = CASE local_state WHEN 'NOT_OURS' THEN 'OPEN' ELSE 'SETTLED' END,
    bucket = COALESCE((SELECT min(d.bucket) FROM reconciliation_difference d WHERE d.bill_id = %(bill)s
        AND d.key = o.key AND d.bucket IN ('CHANNEL_ONLY', 'STATE', 'ACCOUNT')), o.bucket)
WHERE bucket = 'CHANNEL_ONLY' AND source = 'BILL' AND row IS NOT NULL
"""

# The pool at midnight: ours in a neighbour's bill; or near midnight, while that neighbour is not matched yet.
POOL = """
UPDATE bill_odd o SET bucket = 'OTHER_DAY', state = CASE WHEN p.found THEN 'NOTED' ELSE 'WAITING' END
FROM (
    SELECT c.id, EXISTS (SELECT FROM reconciliation_difference d JOIN reconciliation_bill b ON b.id = d.bill_id
               WHERE d.fact_id = c.fact_id AND d.row IS NOT NULL AND d.bill_id <> %(bill)s
               AND b.account_code = %(account)s AND d.bucket = 'OTHER_DAY' AND d.state = 'NOTED') AS found,
           NOT EXISTS (SELECT FROM reconciliation_bill n WHERE n.account_code = %(account)s
               AND n.day_date = CASE WHEN c.local_at >= %(ends_at)s - %(margin)s THEN %(next_day)s ELSE %(day_before)s END
               AND n.state IN ('MATCHED', 'BALANCED', 'DIFFERENT', 'CLOSED'))
           AND (c.local_at >= %(ends_at)s - %(margin)s OR c.local_at < %(starts_at)s + %(margin)s) AS waits
    FROM bill_odd c WHERE c.bucket = 'LOCAL_ONLY' AND c.row IS NULL
) p WHERE p.id = o.id AND (p.found OR p.waits)
"""

NOTE = """
UPDATE bill_odd SET state = 'NOTED'
WHERE bucket = 'OTHER_DAY' AND row IS NOT NULL AND line_minor = local_minor AND line_currency = local_currency
"""

_SIDES = """
    CASE kind WHEN 'REFUND' THEN -1 ELSE 1 END * (COALESCE(line_minor, 0)
    - CASE WHEN counts_local AND (row IS NULL OR line_currency = local_currency) THEN local_minor ELSE 0 END)
"""
WRITE = f"""
INSERT INTO reconciliation_difference AS d (
    bill_id, merchant_id, bucket, key, kind, attempt_no, refund_no, channel_trade_no, row, line_minor, line_currency,
    line_fee_minor, line_at, line_state, is_final, fact_id, counts_local, local_minor, local_currency, local_at,
    local_state, currency, effect_minor, owner, found_at, state, verdict, is_booked, decision, reason, ended_at)
SELECT %(bill)s, %(merchant)s, bucket, key, kind, left(COALESCE(attempt_no, ''), 64), left(COALESCE(refund_no, ''), 64),
    left(COALESCE(trade_no, ''), 64), row, line_minor, COALESCE(line_currency, ''), line_fee_minor, line_at,
    COALESCE(line_state, ''), is_final, fact_id, counts_local, local_minor, COALESCE(local_currency, ''), local_at,
    local_state, COALESCE(NULLIF(line_currency, ''), local_currency, ''), {_SIDES},
    CASE WHEN bucket IN ('UNREADABLE', 'FEE', 'DUPLICATE') THEN 'OPERATIONS' ELSE 'FINANCE' END,
    %(now)s, state, verdict, verdict <> '', '', '', CASE WHEN state IN ('SETTLED', 'NOTED') THEN %(now)s::timestamptz END
FROM bill_odd WHERE bucket <> 'MATCHED' ORDER BY row NULLS LAST, id
ON CONFLICT (bill_id, key, bucket) DO UPDATE SET
    row = excluded.row, fact_id = excluded.fact_id, line_minor = excluded.line_minor,
    line_currency = excluded.line_currency, line_fee_minor = excluded.line_fee_minor, line_at = excluded.line_at,
    line_state = excluded.line_state, is_final = excluded.is_final, counts_local = excluded.counts_local,
    local_minor = excluded.local_minor, local_currency = excluded.local_currency, local_at = excluded.local_at,
    local_state = excluded.local_state, currency = excluded.currency, effect_minor = excluded.effect_minor,
    state = CASE WHEN d.state IN ('PROPOSED', 'RESOLVED', 'SETTLED') THEN d.state ELSE excluded.state END,
    verdict = excluded.verdict, is_booked = excluded.is_booked,
    ended_at = CASE WHEN d.state IN ('PROPOSED', 'RESOLVED', 'SETTLED') THEN d.ended_at ELSE excluded.ended_at END
WHERE d.state <> 'RESOLVED' AND (d.row, d.fact_id, d.line_minor, d.local_minor, d.effect_minor, d.verdict, d.state)
    IS DISTINCT FROM (excluded.row, excluded.fact_id, excluded.line_minor, excluded.local_minor,
        excluded.effect_minor, excluded.verdict, excluded.state)
"""  # noqa: S608 - our own SQL

AGREE = """
UPDATE reconciliation_difference d SET state = 'AGREES', ended_at = %(now)s
WHERE d.bill_id = %(bill)s AND d.state IN ('OPEN', 'WAITING', 'PROPOSED', 'NOTED')
    AND NOT EXISTS (SELECT FROM bill_odd o WHERE o.key = d.key AND o.bucket = d.bucket)
"""

TALLY = """
INSERT INTO reconciliation_tally
    (bill_id, bucket, kind, currency, lines, lines_minor, fees_minor, locals, locals_minor)
SELECT %(bill)s, bucket, kind, currency, sum(lines), sum(lines_minor), sum(fees), sum(locals), sum(locals_minor)
FROM (
    SELECT bucket, kind, line_currency AS currency, 1 AS lines, line_minor AS lines_minor,
           COALESCE(line_fee_minor, 0) AS fees, 0 AS locals, 0 AS locals_minor FROM bill_odd WHERE row IS NOT NULL
    UNION ALL
    SELECT bucket, kind, local_currency, 0, 0, 0, 1, local_minor FROM bill_odd WHERE counts_local
    UNION ALL
    SELECT bucket, kind, currency, lines, minor, COALESCE(fees, 0), lines, minor FROM bill_pair WHERE bucket = 'MATCHED'
) sides GROUP BY bucket, kind, currency
"""

# The neighbours whose pool this bill may have answered.
NEIGHBOURS = """
UPDATE reconciliation_bill n SET is_wanted = true
WHERE n.account_code = %(account)s AND n.day_date IN (%(day_before)s, %(next_day)s)
    AND n.state IN ('MATCHED', 'BALANCED', 'DIFFERENT') AND EXISTS (
        SELECT FROM reconciliation_difference d WHERE d.bill_id = n.id AND (d.state = 'WAITING' OR d.state = 'OPEN'
            AND d.bucket = 'LOCAL_ONLY' AND EXISTS (SELECT FROM bill_odd o WHERE o.fact_id = d.fact_id)))
"""

PAIRED = (PAIR, ODD, KEEP_ODD, *FILL)
JUDGED = (
    FIND, LOCAL_SIDE, UNITE, ALONE, JUDGE_UNITED, KNOWN, KEYS, SETTLED, POOL, NOTE, WRITE, AGREE, TALLY, NEIGHBOURS,
)  # fmt: skip

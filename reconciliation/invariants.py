"""What must always hold in the books. The codes are those of docs/invariants.md."""

from __future__ import annotations

from payhub.invariants import Invariant

_MATCHED = "('MATCHED', 'BALANCED', 'DIFFERENT', 'CLOSED')"
_SIGN = "CASE {0}.kind WHEN 'REFUND' THEN -1 ELSE 1 END"
# Both sides of every difference that is not over, as what the channel holds more (line) or less (ours) for us.
_SIDES = """
    SELECT d.bill_id, d.state, d.decision, d.is_booked, d.row, d.line_currency AS currency,
           CASE d.kind WHEN 'REFUND' THEN -1 ELSE 1 END * d.line_minor AS minor
    FROM reconciliation_difference d WHERE d.state <> 'AGREES' AND d.row IS NOT NULL AND d.kind <> 'UNREADABLE'
    UNION ALL
    SELECT d.bill_id, d.state, d.decision, d.is_booked, d.row, d.local_currency,
           CASE d.kind WHEN 'REFUND' THEN 1 ELSE -1 END * d.local_minor
    FROM reconciliation_difference d WHERE d.state <> 'AGREES' AND d.counts_local
"""
# What our facts say of a bill's day, without those that a bill brought: by bill and currency.
_OURS = """
    SELECT b.id AS bill_id, s.currency, count(*) AS n,
           sum(CASE s.kind WHEN 'REFUND' THEN -1 ELSE 1 END * s.amount_minor) AS minor
    FROM reconciliation_bill b JOIN cashier_settled s ON s.account_code = b.account_code
         AND s.settled_at >= b.starts_at AND s.settled_at < b.ends_at
    WHERE b.state = 'CLOSED' AND NOT (s.source = 'BILL' AND EXISTS (
        SELECT FROM reconciliation_difference d WHERE d.fact_id = s.fact_id AND d.is_booked))
    GROUP BY 1, 2
"""

INVARIANTS = [
    Invariant(
        code="R1a",
        says="Every line of a matched bill lies in exactly one bucket: their number is that of the lines that were read.",
        checked=f"SELECT id FROM reconciliation_bill WHERE state IN {_MATCHED}",  # noqa: S608 - our own SQL
        broken="SELECT b.account_code || ' ' || b.day_date FROM reconciliation_bill b LEFT JOIN "  # noqa: S608 - our own SQL
        "(SELECT bill_id, sum(lines) AS n FROM reconciliation_tally GROUP BY 1) t ON t.bill_id = b.id "
        f"WHERE b.state IN {_MATCHED} AND b.lines <> COALESCE(t.n, 0)",
    ),
    Invariant(
        code="R1b",
        says="Every success of a closed day lies in exactly one bucket, and none came after the day was closed.",
        checked="SELECT id FROM reconciliation_bill WHERE state = 'CLOSED'",
        broken="SELECT b.account_code || ' ' || b.day_date FROM reconciliation_bill b "  # noqa: S608 - our own SQL
        f"LEFT JOIN (SELECT bill_id, sum(n) AS n, sum(minor) AS minor FROM ({_OURS}) o GROUP BY 1) ours "
        "ON ours.bill_id = b.id LEFT JOIN (SELECT t.bill_id, sum(t.locals) AS n, "
        "sum(CASE t.kind WHEN 'REFUND' THEN -1 ELSE 1 END * t.locals_minor) AS minor "
        "FROM reconciliation_tally t GROUP BY 1) t ON t.bill_id = b.id WHERE b.state = 'CLOSED' "
        "AND (COALESCE(ours.n, 0), COALESCE(ours.minor, 0)) <> (COALESCE(t.n, 0), COALESCE(t.minor, 0))",
    ),
    Invariant(
        code="R1c",
        says="Bill and books differ by exactly what their differences add up to.",
        checked=f"SELECT id FROM reconciliation_bill WHERE state IN {_MATCHED}",  # noqa: S608 - our own SQL
        broken="SELECT b.account_code || ' ' || b.day_date FROM reconciliation_bill b JOIN ("  # noqa: S608 - our own SQL
        "SELECT bill_id, currency, sum(minor) AS minor FROM ("
        "SELECT bill_id, currency, CASE kind WHEN 'REFUND' THEN -1 ELSE 1 END * (lines_minor - locals_minor) AS minor "
        "FROM reconciliation_tally WHERE bucket <> 'UNREADABLE' UNION ALL "
        f"SELECT bill_id, currency, -minor FROM ({_SIDES}) sides) both_ways GROUP BY 1, 2 HAVING sum(minor) <> 0"
        f") off ON off.bill_id = b.id WHERE b.state IN {_MATCHED}",
    ),
    Invariant(
        code="R1d",
        says="Every difference of a closed day is over, by a fact, by agreement, or by somebody's name and reason.",
        checked="SELECT d.id FROM reconciliation_difference d JOIN reconciliation_bill b ON b.id = d.bill_id "
        "WHERE b.state = 'CLOSED'",
        broken="SELECT d.key FROM reconciliation_difference d JOIN reconciliation_bill b ON b.id = d.bill_id "
        "WHERE b.state = 'CLOSED' AND d.state IN ('OPEN', 'WAITING', 'PROPOSED')",
    ),
    Invariant(
        code="R1e",
        says="Fees and settlement of a closed day are what its bill adds up to, but for lines that were explained away.",
        checked="SELECT id FROM reconciliation_bill WHERE state = 'CLOSED'",
        broken="SELECT off.account FROM (SELECT account, currency, sum(minor) AS minor FROM ("  # noqa: S608 - our own SQL
        "SELECT 'channel:' || b.account_code AS account, t.currency, "
        "CASE t.kind WHEN 'REFUND' THEN -1 ELSE 1 END * t.lines_minor AS minor FROM reconciliation_tally t "
        "JOIN reconciliation_bill b ON b.id = t.bill_id WHERE b.state = 'CLOSED' UNION ALL "
        f"SELECT 'channel:' || b.account_code, s.currency, -s.minor FROM ({_SIDES}) s "
        "JOIN reconciliation_bill b ON b.id = s.bill_id WHERE b.state = 'CLOSED' AND s.decision = 'EXPLAIN' "
        "AND s.state = 'RESOLVED' AND NOT s.is_booked AND s.row IS NOT NULL UNION ALL "
        "SELECT account, currency, amount_minor FROM cashier_booked WHERE account LIKE 'channel:%%' "
        "AND (journal LIKE 'fees:%%' OR journal LIKE 'settlement:%%')) moved GROUP BY 1, 2 HAVING sum(minor) <> 0) off "
        "WHERE EXISTS (SELECT FROM reconciliation_bill b WHERE 'channel:' || b.account_code = off.account "
        "AND b.state = 'CLOSED')",
    ),
    Invariant(
        code="R1f",
        says="Every correction in the ledger is one person's decision about one difference, and every decision is booked.",
        checked="SELECT id FROM reconciliation_difference WHERE decision = 'BOOK' AND state = 'RESOLVED'",
        broken="SELECT COALESCE(d.key, e.journal) FROM (SELECT id, key FROM reconciliation_difference "
        "WHERE decision = 'BOOK' AND state = 'RESOLVED') d FULL JOIN (SELECT DISTINCT journal, "
        "split_part(journal, ':', 3)::bigint AS id FROM cashier_booked WHERE journal LIKE 'correction:difference:%%') e "
        "ON e.id = d.id WHERE d.id IS NULL OR e.id IS NULL",
    ),
    Invariant(
        code="R2b",
        says="Every difference that was resolved by hand tells who and why, and no second person is the first.",
        checked="SELECT id FROM reconciliation_difference WHERE state = 'RESOLVED'",
        broken="SELECT key FROM reconciliation_difference WHERE state = 'RESOLVED' "
        "AND (resolved_by_id IS NULL OR approved_by_id = resolved_by_id OR reason = '' OR decision = '')",
    ),
    Invariant(
        code="M8f",
        says="What a channel holds for us is explained to the cent: days that are not closed, differences that "
        "somebody explained, and money of one day that stands in the next day's bill.",
        checked="SELECT DISTINCT account FROM cashier_booked WHERE account LIKE 'channel:%%'",
        broken="SELECT account FROM ("  # noqa: S608 - our own SQL
        "SELECT account, currency, amount_minor AS minor FROM cashier_booked WHERE account LIKE 'channel:%%' UNION ALL "
        "SELECT 'channel:' || s.account_code, s.currency, CASE s.kind WHEN 'REFUND' THEN 1 ELSE -1 END * s.amount_minor "
        "FROM cashier_settled s WHERE NOT EXISTS (SELECT FROM reconciliation_bill b WHERE b.state = 'CLOSED' "
        "AND b.account_code = s.account_code AND CASE WHEN s.source = 'BILL' AND EXISTS ("
        "SELECT FROM reconciliation_difference d WHERE d.fact_id = s.fact_id AND d.is_booked) "
        "THEN EXISTS (SELECT FROM reconciliation_difference d WHERE d.fact_id = s.fact_id AND d.is_booked "
        "AND d.bill_id = b.id) ELSE s.settled_at >= b.starts_at AND s.settled_at < b.ends_at END) UNION ALL "
        f"SELECT 'channel:' || b.account_code, x.currency, x.minor FROM ({_SIDES}) x JOIN reconciliation_bill b "
        "ON b.id = x.bill_id WHERE b.state = 'CLOSED' AND (x.state = 'NOTED' "
        "OR x.state = 'RESOLVED' AND x.decision = 'EXPLAIN' AND x.row IS NULL) UNION ALL "
        "SELECT account, currency, -amount_minor FROM cashier_booked WHERE account LIKE 'channel:%%' "
        "AND journal LIKE 'correction:%%' AND EXISTS (SELECT FROM reconciliation_difference d JOIN reconciliation_bill b "
        "ON b.id = d.bill_id WHERE b.state <> 'CLOSED' AND d.id = split_part(journal, ':', 3)::bigint)"
        ") parts GROUP BY account, currency HAVING sum(minor) <> 0",
    ),
    Invariant(
        code="M8g",
        says="Money in suspense has an exception that asks whose it is, or tells what was decided.",
        checked="SELECT entry_id FROM cashier_booked WHERE account = 'suspense'",
        broken="SELECT journal FROM cashier_booked e WHERE account = 'suspense' AND NOT EXISTS ("
        "SELECT FROM review_reviewitem i WHERE i.subject = 'fact:' || e.fact_id)",
    ),
]

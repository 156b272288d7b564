"""What must always hold in the payment centre. The codes are those of docs/invariants.md."""

from __future__ import annotations

from payhub.invariants import Invariant

_RECEIPTS = "('PAYS', 'PAYS_LATE', 'SURPLUS_SECOND', 'SURPLUS_LATE', 'SURPLUS_AMOUNT')"
_SURPLUS = "('SURPLUS_SECOND', 'SURPLUS_LATE', 'SURPLUS_AMOUNT')"
_LIVE = "('PAYING', 'CLOSING', 'UNKNOWN')"
_NOT_RETURNED = "('REJECTED', 'WITHDRAWN', 'LAPSED')"

_MONEY = [
    Invariant(
        code="M2",
        says="A payment keeps the money of at most one attempt: a PAID one of its paying attempt, others of none.",
        checked="SELECT id FROM cashier_payment",
        broken="SELECT p.payment_no FROM cashier_payment p JOIN cashier_attempt a ON a.payment_id = p.id "
        "WHERE a.state = 'SUCCEEDED' AND NOT a.surplus AND a.id IS DISTINCT FROM p.paid_by_id",
    ),
    Invariant(
        code="M3",
        says="Every success fact is kept: its attempt has succeeded, with that receipt or an earlier one.",
        checked="SELECT id FROM cashier_channelfact WHERE outcome = 'PAID' AND refund_no = '' AND verdict <> 'NOT_OURS'",
        broken="SELECT f.id FROM cashier_channelfact f JOIN cashier_attempt a ON a.id = f.attempt_id "
        "WHERE f.outcome = 'PAID' AND f.refund_no = '' AND a.state <> 'SUCCEEDED'",
    ),
    Invariant(
        code="M4",
        says="No success is invented: every end stands on the fact that proves it.",
        checked=f"SELECT id FROM cashier_attempt WHERE state NOT IN {_LIVE}",  # noqa: S608 - our own SQL
        broken="SELECT a.attempt_no FROM cashier_attempt a JOIN cashier_channelfact f ON f.id = a.proof_id "
        "WHERE f.attempt_no <> a.attempt_no OR NOT CASE a.state WHEN 'SUCCEEDED' THEN f.outcome = 'PAID' "
        "WHEN 'FAILED' THEN f.outcome = 'FAILED' ELSE f.outcome IN ('CLOSED', 'NOT_FOUND') END",
    ),
    Invariant(
        code="M4b",
        says="No receipt is taken twice, whichever doors it came by.",
        checked=f"SELECT id FROM cashier_channelfact WHERE verdict IN {_RECEIPTS}",  # noqa: S608 - our own SQL
        broken=f"SELECT attempt_no FROM cashier_channelfact WHERE verdict IN {_RECEIPTS} "  # noqa: S608 - our own SQL
        "GROUP BY account_id, attempt_no, channel_trade_no HAVING count(*) > 1",
    ),
    Invariant(
        code="M5",
        says="Every surplus receipt is on its way back in full, or a person gave that up and an exception says so.",
        checked=f"SELECT id FROM cashier_channelfact WHERE verdict IN {_SURPLUS}",  # noqa: S608 - our own SQL
        broken="SELECT f.attempt_no FROM cashier_channelfact f WHERE f.verdict IN "  # noqa: S608 - our own SQL
        f"{_SURPLUS} AND f.amount_minor > (SELECT COALESCE(SUM(r.amount_minor), 0) FROM cashier_refund r "
        f"WHERE r.receipt_id = f.id AND (r.state NOT IN {_NOT_RETURNED} OR EXISTS (SELECT 1 FROM review_reviewitem i "
        "WHERE i.subject = 'refund:' || r.refund_no)))",
    ),
    Invariant(
        code="M6",
        says="Refunds of a receipt, pending ones included, never exceed it.",
        checked="SELECT DISTINCT receipt_id FROM cashier_refund",
        broken="SELECT f.attempt_no FROM cashier_channelfact f JOIN cashier_refund r ON r.receipt_id = f.id "  # noqa: S608 - our own SQL
        f"WHERE r.state NOT IN {_NOT_RETURNED} GROUP BY f.id HAVING SUM(r.amount_minor) > f.amount_minor",
    ),
]
_BOOKS = [
    Invariant(
        code="M8a",
        says="Every journal sums to zero.",
        checked="SELECT DISTINCT journal FROM cashier_ledgerentry",
        broken="SELECT journal FROM cashier_ledgerentry GROUP BY journal, currency HAVING SUM(amount_minor) <> 0",
    ),
    Invariant(
        code="M8b",
        says="Every receipt is booked once, with its amount, at its channel account.",
        checked=f"SELECT id FROM cashier_channelfact WHERE verdict IN {_RECEIPTS}",  # noqa: S608 - our own SQL
        broken="SELECT f.attempt_no FROM cashier_channelfact f JOIN cashier_channelaccount c ON c.id = f.account_id "  # noqa: S608 - our own SQL
        f"WHERE f.verdict IN {_RECEIPTS} AND NOT EXISTS (SELECT 1 FROM cashier_ledgerentry e WHERE "
        "e.journal = 'receipt:' || f.id AND e.account = 'channel:' || c.code AND e.amount_minor = f.amount_minor "
        "AND e.currency = f.currency)",
    ),
    Invariant(
        code="M8c",
        says="Every returned refund is booked once; no other is.",
        checked="SELECT id FROM cashier_refund",
        broken="SELECT refund_no FROM cashier_refund r WHERE (state = 'SUCCEEDED') <> EXISTS ("
        "SELECT 1 FROM cashier_ledgerentry WHERE journal = 'return:' || r.refund_no AND amount_minor = -r.amount_minor)",
    ),
    Invariant(
        code="M8d",
        says="What the surplus accounts owe is what surplus refunds have still to return.",
        checked="SELECT DISTINCT account FROM cashier_ledgerentry WHERE account LIKE 'surplus:%%'",
        broken="SELECT o.account FROM (SELECT account, currency, -SUM(amount_minor) AS owed FROM cashier_ledgerentry "
        "WHERE account LIKE 'surplus:%%' GROUP BY account, currency) o LEFT JOIN ("
        "SELECT 'surplus:' || m.code AS account, r.currency, SUM(r.amount_minor) AS open FROM cashier_refund r "
        "JOIN cashier_attempt a ON a.id = r.attempt_id JOIN cashier_payment p ON p.id = a.payment_id "
        "JOIN merchants_merchant m ON m.id = p.merchant_id WHERE r.is_surplus AND r.state <> 'SUCCEEDED' "
        "GROUP BY 1, 2) w ON w.account = o.account AND w.currency = o.currency WHERE o.owed <> COALESCE(w.open, 0)",
    ),
    Invariant(
        code="M8e",
        says="Every closed day's balance is what the entries up to its end add up to.",
        checked="SELECT id FROM cashier_ledgerbalance",
        broken="SELECT account || ' ' || day_date FROM (SELECT account, day_date, balance_minor, SUM(moved_minor) OVER "
        "(PARTITION BY account, currency ORDER BY day_date) AS added_up FROM cashier_ledgerbalance) days "
        "WHERE balance_minor <> added_up",
    ),
]
_STATES = [
    Invariant(
        code="S1",
        says="At most one live, exclusive, not superseded attempt per payment.",
        checked=f"SELECT id FROM cashier_attempt WHERE state IN {_LIVE}",  # noqa: S608 - our own SQL
        broken="SELECT payment_id FROM cashier_attempt WHERE exclusive AND superseded_at IS NULL "  # noqa: S608 - our own SQL
        f"AND state IN {_LIVE} GROUP BY payment_id HAVING count(*) > 1",
    ),
    Invariant(
        code="S9",
        says="Every attempt asks for exactly what its payment asks for.",
        checked="SELECT id FROM cashier_attempt",
        broken="SELECT a.attempt_no FROM cashier_attempt a JOIN cashier_payment p ON p.id = a.payment_id "
        "WHERE (a.amount_minor, a.currency) <> (p.amount_minor, p.currency)",
    ),
    Invariant(
        code="F1",
        says="Exactly one payment.paid event for every PAID payment, none for any other.",
        checked="SELECT id FROM cashier_payment",
        broken="SELECT p.payment_no FROM cashier_payment p LEFT JOIN outbox_event e ON e.name = 'payment.paid' "
        "AND e.subject = 'payment:' || p.payment_no GROUP BY p.id HAVING count(e.id) <> CASE p.state WHEN 'PAID' THEN 1 ELSE 0 END",
    ),
    Invariant(
        code="E1",
        says="A CLOSED payment has no live attempt but superseded ones.",
        checked="SELECT id FROM cashier_payment WHERE state = 'CLOSED'",
        broken="SELECT p.payment_no FROM cashier_payment p JOIN cashier_attempt a ON a.payment_id = p.id "  # noqa: S608 - our own SQL
        f"WHERE p.state = 'CLOSED' AND a.superseded_at IS NULL AND a.state IN {_LIVE}",
    ),
    Invariant(
        code="E2",
        says="A payment that shall end is still OPEN only while an attempt may yet pay it.",
        checked="SELECT id FROM cashier_payment WHERE state = 'OPEN' AND close_wanted <> ''",
        broken="SELECT p.payment_no FROM cashier_payment p WHERE p.state = 'OPEN' AND p.close_wanted <> '' AND NOT EXISTS ("  # noqa: S608 - our own SQL
        f"SELECT 1 FROM cashier_attempt a WHERE a.payment_id = p.id AND a.superseded_at IS NULL AND a.state IN {_LIVE})",
    ),
    Invariant(
        code="R2",
        says="No refund was approved by whoever asked for it, and every sent one was approved (or is automatic).",
        checked="SELECT id FROM cashier_refund",
        broken="SELECT refund_no FROM cashier_refund WHERE approved_by_id = requested_by_id OR "
        "second_approved_by_id IN (requested_by_id, approved_by_id) OR "
        "(state IN ('APPROVED', 'SUBMITTED', 'UNKNOWN', 'SUCCEEDED', 'FAILED') AND approved_by_id IS NULL AND NOT is_automatic)",
    ),
]
_LIVENESS = [
    Invariant(
        code="L1a",
        says="Every live attempt is being asked about, and no ended one is.",
        checked="SELECT id FROM cashier_attempt",
        broken="SELECT a.attempt_no FROM cashier_attempt a LEFT JOIN cashier_pendingquery q ON q.attempt_id = a.id "  # noqa: S608 - our own SQL
        f"WHERE (a.state IN {_LIVE}) <> (q.id IS NOT NULL)",
    ),
    Invariant(
        code="L1b",
        says="Every sent refund without an end is being asked about, and no other is.",
        checked="SELECT id FROM cashier_refund",
        broken="SELECT r.refund_no FROM cashier_refund r LEFT JOIN cashier_pendingquery q ON q.refund_id = r.id "
        "WHERE (r.state IN ('SUBMITTED', 'UNKNOWN')) <> (q.id IS NOT NULL)",
    ),
    Invariant(
        code="L1c",
        says="No query is overdue by more than ten minutes.",
        checked="SELECT id FROM cashier_pendingquery",
        broken="SELECT id FROM cashier_pendingquery WHERE next_at < %(now)s - interval '10 minutes'",
    ),
    Invariant(
        code="L1e",
        says="Every UNKNOWN attempt and refund has an open exception with an owner.",
        checked="SELECT id FROM cashier_attempt WHERE state = 'UNKNOWN' UNION ALL "
        "SELECT id FROM cashier_refund WHERE state = 'UNKNOWN'",
        broken="SELECT name FROM (SELECT 'attempt:' || attempt_no AS name FROM cashier_attempt WHERE state = 'UNKNOWN' "
        "UNION ALL SELECT 'refund:' || refund_no FROM cashier_refund WHERE state = 'UNKNOWN') lost WHERE NOT EXISTS ("
        "SELECT 1 FROM review_reviewitem WHERE subject = lost.name AND resolved_at IS NULL)",
    ),
]

INVARIANTS = [*_MONEY, *_BOOKS, *_STATES, *_LIVENESS]

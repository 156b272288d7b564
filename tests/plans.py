"""Whether statements find their rows by an index: asked of PostgreSQL's planner, so that it needs no large tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

# What has a row for every payment, and what has several. Merchants, accounts and keys are few.
GROWING = frozenset(
    {
        "cashier_attempt",
        "cashier_channelfact",
        "cashier_ledgerentry",
        "cashier_payment",
        "cashier_pendingquery",
        "cashier_refund",
        "orders_idempotencyrecord",
        "orders_order",
        "orders_webhookdelivery",
        "outbox_delivery",
        "outbox_event",
        "trail_operationrecord",
    }
)


def full_reads(statements: Iterable[str]) -> dict[str, str]:
    """Return the statements that cannot be answered without reading a growing table from end to end, and the table.

    The planner is told to read no table in a row if there is another way: what does so all the same has no index. Nor
    has one that walks through an index without looking anything up in it, unless that index holds a few rows only.
    """
    found = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexrelid::regclass::text FROM pg_index WHERE indpred IS NOT NULL")
        partial = {name for (name,) in cursor.fetchall()}
        cursor.execute("SET LOCAL enable_seqscan = off")
        for statement in statements:
            if not statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
                continue
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
            ((plans,),) = cursor.fetchall()
            told = json.loads(plans) if isinstance(plans, str) else plans
            for node in _nodes(told[0]["Plan"]):
                if node.get("Relation Name") in GROWING and _reads_all(node) and node.get("Index Name") not in partial:
                    found[statement] = node["Relation Name"]
        cursor.execute("SET LOCAL enable_seqscan = on")
    return found


def _reads_all(node: dict[str, Any]) -> bool:
    kind = node["Node Type"]
    return kind == "Seq Scan" or (kind in {"Index Scan", "Index Only Scan"} and "Index Cond" not in node)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)

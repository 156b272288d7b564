"""The desk's lists, pages and figures find their rows by index, whatever the number of rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.desk.pages import pages
from cashier.models import Attempt
from payhub import clock
from payhub.dashboard.figures import count
from tests.integration.desk.conftest import person, signed_in

pytestmark = pytest.mark.django_db(transaction=True)
GROWING = {
    "orders_order", "orders_complaint", "cashier_payment", "cashier_attempt", "cashier_channelfact", "cashier_refund",
    "cashier_ledgerentry", "outbox_event", "outbox_delivery", "trail_operationrecord",
}  # fmt: skip


@pytest.fixture
def seeded() -> datetime:
    """Two thousand orders and two hundred cases."""
    call_command("seed", orders=2_000, cases=200, days=30, stdout=StringIO())
    return clock.now()


def scanned(statement: str) -> set[str]:
    """Return the growing tables of which the statement would read every row even where that costs very much."""
    with connection.cursor() as cursor:
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        (plan,) = cursor.fetchone()
        cursor.execute("RESET enable_seqscan")
    found = json.loads(plan) if isinstance(plan, str) else plan
    return {node["Relation Name"] for node in nodes(found[0]["Plan"]) if node["Node Type"] == "Seq Scan"} & GROWING


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def test_no_page_of_the_desk_and_no_figure_reads_a_growing_table_whole(seeded: datetime) -> None:
    browser = signed_in(person("li", "finance"))
    whole: dict[str, set[str]] = {}
    everyday = "/admin/orders/order/?state=FULFILLED"  # what nearly all rows are: counted until there are 10,000
    for page in {*pages()} - {everyday}:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(page).status_code == 200, page
        for query in asked:
            if query["sql"].startswith(("SELECT", "WITH")) and (tables := scanned(query["sql"])):
                whole.setdefault(page, set()).update(tables)
    with CaptureQueriesContext(connection) as asked:
        count(now=seeded)
    for query in asked:
        if query["sql"].startswith(("SELECT", "WITH")) and (tables := scanned(query["sql"])):
            whole[query["sql"][:200]] = tables
    assert whole == {}


def test_the_channels_number_is_looked_up_in_its_own_index(seeded: datetime) -> None:
    number = Attempt.objects.exclude(channel_trade_no="").values_list("channel_trade_no", flat=True)[0]
    browser = signed_in(person("li"))
    with CaptureQueriesContext(connection) as asked:
        browser.get("/admin/orders/complaint/", {"q": number})
    (look,) = [query["sql"] for query in asked if '"channel_trade_no" =' in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {look}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "fact_by_channel_no" in plan

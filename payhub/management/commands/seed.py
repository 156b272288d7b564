"""manage.py seed: a believable history of any length."""

from __future__ import annotations

from argparse import ArgumentParser
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.utils.dateparse import parse_datetime

from payhub import clock
from payhub.dashboard.figures import count
from payhub.db import committed
from payhub.seed import batch
from payhub.seed.fill import Fill, all_fills, lay_ground
from payhub.seed.plan import Plan

BATCH = 50_000


class Command(BaseCommand):
    """Makes orders with everything that paying, returning and complaining left of them, in SQL, batch by batch.

    Keys, checks and unique values are checked as ever. `manage.py audit` stays green.
    """

    help = "Fill the database with a history of N orders: for benchmarks. Refuses where real money may be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what it takes."""
        parser.add_argument("--orders", type=int, required=True, help="how many orders")
        parser.add_argument("--cases", type=int, help="how many of them have a case (a twentieth)")
        parser.add_argument("--seed", type=int, default=1, help="another number gives another history")
        parser.add_argument("--days", type=int, default=180, help="how long the history is")
        parser.add_argument("--until", help="when it ends, as 2026-11-23T10:00:00Z (now)")
        parser.add_argument("--hot-only", action="store_true", help="only the tables that paying touches: no cases")
        parser.add_argument("--force", action="store_true", help="also outside the demo")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how much disk it takes, then fill, then count the dashboard."""
        plan = _plan(options)
        if not (settings.PAYHUB_DEMO or options["force"]):
            raise CommandError("This mixes invented money with the database's: outside PAYHUB_DEMO=1 it needs --force.")
        fills = all_fills(hot_only=options["hot_only"])
        expected = sum(fill.row_bytes for fill in fills) * plan.orders
        self.stdout.write(f"{plan.orders:,} orders, {plan.cases:,} cases: about {expected / 1e9:.1f} GB of disk.")
        begun, before = monotonic(), _size()
        lay_ground(plan.until)
        batch.begin(plan)
        values = {**plan.values(), **{fill.name: _keep_ids(fill, plan.orders) for fill in all_fills(hot_only=False)}}
        for first in range(1, plan.orders + 1, BATCH):
            last = min(plan.orders, first + BATCH - 1)
            _fill(fills, {**values, "first": first, "last": last})
            if plan.orders > BATCH:
                self.stdout.write(f"{last:,} orders, {monotonic() - begun:.0f} s")
        _analyse(fills)
        count(now=plan.until)
        self.stdout.write(f"Done in {monotonic() - begun:.0f} s; {(_size() - before) / 1e9:.1f} GB of disk.")


def _plan(options: dict[str, Any]) -> Plan:
    orders = options["orders"]
    cases = 0 if options["hot_only"] else options["cases"] if options["cases"] is not None else orders // 20
    until = parse_datetime(options["until"]) if options["until"] else clock.now()
    if until is None or until.tzinfo is None:
        raise CommandError("--until is a time with its zone, as 2026-11-23T10:00:00Z.")
    plan = Plan(orders=orders, cases=cases, seed=options["seed"], until=until, days=options["days"])
    if orders < 2 or options["days"] < 1 or not 0 <= cases <= orders - plan.fresh:
        raise CommandError("A history has two orders or more, a day or more, and no more cases than orders that ended.")
    return plan


def _fill(fills: list[Fill], values: dict[str, Any]) -> None:
    tables = sorted({fill.table for fill in fills if fill.in_one_go})
    with committed(), connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        batch.draw(values)
        for fill in fills:
            cursor.execute(fill.sql, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # keys that point in a circle; nothing may be pending below
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _keep_ids(fill: Fill, orders: int) -> int:
    """Take the ids that the fill needs out of the table's sequence; return the first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [fill.table])
        first = int(cursor.fetchone()[0])
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [fill.table, first + fill.ids * orders])
    return first


def _analyse(fills: list[Fill]) -> None:
    with connection.cursor() as cursor:
        for table in sorted({fill.table for fill in fills}):
            cursor.execute(f"ANALYZE {table}")


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])

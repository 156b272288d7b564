"""The ground that histories stand on: one database with merchant, accounts and people, emptied between histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from cashier.models import ChannelAccount
from payhub.celery import app
from payhub.merchants.models import Merchant
from payhub.vault import seal
from tests.simulation.crew import Crew
from tests.simulation.kernel import Kernel
from tests.simulation.plan import Plan
from tests.simulation.points import Points
from tests.simulation.virtual_clock import BEGINS_AT

PEOPLE = ("asks", "first", "second", "third")
TWO_APPROVERS_ABOVE = 5_000
KEPT = ("auth_", "django_", "merchants_", "cashier_channelaccount", "celery")
VACUUM_EVERY = 100
LOCK_TIMEOUT = "2ms"  # only one actor ever runs: whoever has to wait at all waits for one that stands still


@dataclass(frozen=True)
class Account:
    """One account of the merchant."""

    pk: int
    channel: str


def make_database(name: str, like: str = "") -> None:
    """Make the database anew, as a copy if there is something to copy."""
    settings = {**connections.databases["default"], "NAME": "postgres"}
    with psycopg.connect(**_address(settings), autocommit=True) as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))
        template = sql.SQL("TEMPLATE {}").format(sql.Identifier(like)) if like else sql.SQL("")
        server.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), template))


def _address(settings: dict[str, Any]) -> dict[str, Any]:
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {key: settings[name] for key, name in names.items()}


class Ground:
    """One database, its crew, and an observer who sees what is committed."""

    def __init__(self, name: str, like: str = "") -> None:
        app.loader.import_default_modules()  # every app's tasks
        connections.close_all()
        make_database(name, like)
        settings = connections.databases["default"]
        settings["NAME"] = connections["default"].settings_dict["NAME"] = name
        settings["OPTIONS"] = {"options": f"-c lock_timeout={LOCK_TIMEOUT}"}
        if not like:
            call_command("migrate", verbosity=0, interactive=False)
            _settle_in()
        self.name = name
        self.observer = psycopg.connect(**_address(settings), autocommit=True)
        self.merchant_id = Merchant.objects.get().pk
        self.accounts = {a.code: Account(a.pk, a.channel) for a in ChannelAccount.objects.order_by("code")}
        self.people = list(User.objects.order_by("id").values_list("pk", flat=True))
        self.points = Points()
        self.crew = Crew(self.points.prepare)
        self._empty = self._emptying()
        self._histories = 0

    def prepare(self, plan: Plan) -> None:
        """Empty everything and set the merchant's policies."""
        if self._histories % VACUUM_EVERY == 0:
            self.observer.execute("VACUUM")
        self._histories += 1
        self.empty()
        self.observer.execute(
            "UPDATE merchants_merchant SET double_payment_policy = %s, late_payment_policy = %s, "
            "auto_refund_limit_minor = %s, second_approver_above_minor = %s",
            (
                "STRICT" if plan.strict else "REFUND_EXTRA",
                "ACCEPT" if plan.accepts_late else "REFUND",
                1_000_000 if plan.automatic else 0,
                TWO_APPROVERS_ABOVE,
            ),
        )
        self.observer.execute("UPDATE cashier_channelaccount SET failures = 0, broken_until = NULL")

    def empty(self) -> None:
        """Take away everything that histories write."""
        self.observer.execute(self._empty)

    @contextmanager
    def watched(self, kernel: Kernel, committed: Callable[[], None]) -> Iterator[None]:
        """Give the body's points to one kernel."""
        self.points.kernel, self.points.committed = kernel, committed
        try:
            yield
        finally:
            self.points.kernel = None
            self.points.committed = lambda: None

    def leave(self) -> None:
        """Close every connection."""
        self.crew.dismiss()
        self.observer.close()
        connections.close_all()

    def _emptying(self) -> sql.Composed:
        tables = [
            name
            for (name,) in self.observer.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
            )
            if not name.startswith(KEPT)
        ]
        sequences = [
            name
            for name, table in self.observer.execute(
                "SELECT s.relname, t.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid "
                "JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i') ORDER BY 1"
            )
            if table in tables
        ]
        # Triggers (append-only, never deleted) do not fire for a replica.
        parts: list[sql.Composable] = [sql.SQL("SET session_replication_role = replica")]
        parts += [sql.SQL("DELETE FROM {}").format(sql.Identifier(name)) for name in tables]
        parts += [sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)) for name in sequences]
        parts += [sql.SQL("SET session_replication_role = origin")]
        return sql.SQL("; ").join(parts)


def _settle_in() -> None:
    """Write what every history begins with, and keep autovacuum's locks away."""
    merchant = Merchant.objects.create(code="lantern", name="Lantern Books", is_test=True, created_at=BEGINS_AT)
    for channel in ("alpha", "beta"):
        code = f"lantern-{channel}"
        ChannelAccount.objects.create(
            code=code,
            merchant=merchant,
            channel=channel,
            methods=["qr", "page", "bank"],
            sealed_settings=seal({"account": code}),
            is_test=True,
            created_at=BEGINS_AT,
        )
    role = Group.objects.get(name="finance")  # a migration makes the roles
    for name in PEOPLE:
        User.objects.create(username=name, date_joined=BEGINS_AT).groups.add(role)
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE merchant_took (id bigserial, event_id text, name text, order_no text)")
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)')

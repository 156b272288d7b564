"""The databases of histories: one is migrated and settled once, all others are copies of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connections
from psycopg import sql

from cashier.models import ChannelAccount
from orders.models import ApiKey, Scope, WebhookEndpoint
from orders.services.api_keys import digest_of
from payhub.merchants.models import Merchant
from payhub.vault import seal
from reconciliation.services.partitions import make_partition
from tests.simulation.receiver import API_KEY, SECRET, URL
from tests.simulation.virtual_clock import BEGINS_AT

PEOPLE = ("asks", "first", "second", "third")
# Empties every table that histories write (the names are given once); a function, so that it is planned once.
_EMPTY = """
CREATE FUNCTION simulation_empty() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {statements} END $$
"""
KEPT = ("auth_", "django_", "merchants_", "cashier_channelaccount", "celery", "orders_webhookendpoint", "orders_apikey")


def address(name: str) -> dict[str, Any]:
    """Return how to connect to a database of the server."""
    settings = {**connections.databases["default"], "NAME": name}
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return {key: settings[given] for key, given in names.items()}


def make(name: str) -> None:
    """Make a database anew, as a copy of the settled one, which is made first where there is none."""
    settled = f"payhub_settled_{_fingerprint()}"
    with _server() as server:
        # Two gates that begin at once: one makes it, the other waits.
        server.execute("SELECT pg_advisory_lock(hashtext(%s))", [settled])
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [settled]).fetchone() is None:
            _create(server, f"{settled}_new", "template0")
            with _django_at(f"{settled}_new"):
                call_command("migrate", verbosity=0, interactive=False)
                _settle_in()
            server.execute(_statement("ALTER DATABASE {} RENAME TO {}", f"{settled}_new", settled))
        _create(server, name, settled)


def drop(name: str) -> None:
    """Drop a database."""
    with _server() as server:
        server.execute(_statement("DROP DATABASE IF EXISTS {}", name))


@contextmanager
def _server() -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(**address("postgres"), autocommit=True) as server:
        yield server


@contextmanager
def _django_at(name: str) -> Iterator[None]:
    settings = connections["default"].settings_dict
    before = settings["NAME"]
    connections.close_all()
    settings["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        settings["NAME"] = before


def _create(server: psycopg.Connection[Any], name: str, like: str) -> None:
    server.execute(_statement("DROP DATABASE IF EXISTS {}", name))
    server.execute(_statement("CREATE DATABASE {} TEMPLATE {}", name, like))


def _statement(text: str, *names: str) -> sql.Composed:
    return sql.SQL(text).format(*map(sql.Identifier, names))


def _fingerprint() -> str:
    """Return a digest of what the settled database comes from: all migrations, and this page."""
    digest = hashlib.blake2b(Path(__file__).read_bytes() + repr((URL, SECRET, API_KEY)).encode(), digest_size=8)
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


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
    WebhookEndpoint.objects.create(
        endpoint_no="simulated",
        merchant=merchant,
        url=URL,
        sealed_secrets=seal({"current": SECRET}),
        created_at=BEGINS_AT,
    )
    ApiKey.objects.create(
        merchant=merchant,
        name="simulated",
        digest=digest_of(API_KEY),
        last_four=API_KEY[-4:],
        scopes=[Scope.READ],
        created_by="simulation",
        created_at=BEGINS_AT,
    )
    role = Group.objects.get(name="finance")  # a migration makes the roles
    for name in PEOPLE:
        User.objects.create(username=name, date_joined=BEGINS_AT).groups.add(role)
    make_partition(BEGINS_AT.date())
    with connections["default"].cursor() as cursor:
        cursor.execute("CREATE TABLE merchant_took (id bigserial, event_id text, name text, order_no text)")
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        for (table,) in cursor.fetchall():
            cursor.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)')
        cursor.execute(_EMPTY.format(statements=_emptying(cursor)))


def _emptying(cursor: Any) -> str:
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = 'public'::regnamespace ORDER BY 1"
    )
    tables = [name for (name,) in cursor.fetchall() if not name.startswith(KEPT)]
    cursor.execute(
        "SELECT s.relname, t.relname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid "
        "JOIN pg_class t ON t.oid = d.refobjid WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i') ORDER BY 1"
    )
    sequences = [name for name, table in cursor.fetchall() if table in tables]
    deleted = [f'DELETE FROM "{name}";' for name in tables]
    # Not ALTER SEQUENCE … RESTART: that makes a new file for each, every time.
    return " ".join(deleted + [f"PERFORM setval('\"{name}\"', 1, false);" for name in sequences])

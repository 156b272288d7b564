"""The ground that histories stand on: a database with merchant, accounts and people, emptied between histories."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from django.contrib.auth.models import User
from django.db import connections

from cashier.models import ChannelAccount
from payhub.celery import app
from payhub.merchants.models import Merchant
from tests.simulation import database
from tests.simulation.crew import Crew
from tests.simulation.kernel import Kernel
from tests.simulation.plan import Plan
from tests.simulation.points import Points

TWO_APPROVERS_ABOVE = 5_000
VACUUM_EVERY = 100


@dataclass(frozen=True)
class Account:
    """One account of the merchant."""

    pk: int
    channel: str


class Ground:
    """One database, its crew, and an observer who sees what is committed."""

    def __init__(self, name: str) -> None:
        app.loader.import_default_modules()  # every app's tasks
        connections.close_all()
        database.make(name)
        connections["default"].settings_dict["NAME"] = name
        self.name = name
        self.observer = psycopg.connect(**database.address(name), autocommit=True)
        self.merchant_id = Merchant.objects.get().pk
        self.accounts = {a.code: Account(a.pk, a.channel) for a in ChannelAccount.objects.order_by("code")}
        self.people = list(User.objects.order_by("id").values_list("pk", flat=True))
        self.points = Points()
        self.crew = Crew(self.points.prepare)
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
        self.observer.execute("UPDATE orders_webhookendpoint SET off_because = '', failing_since = NULL")

    def empty(self) -> None:
        """Take away everything that histories write."""
        # Triggers (append-only, never deleted) do not fire for a replica.
        self.observer.execute("SET session_replication_role = replica")
        self.observer.execute("SELECT simulation_empty()")
        self.observer.execute("SET session_replication_role = origin")

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
        """Close every connection and drop the database."""
        self.crew.dismiss()
        self.observer.close()
        connections.close_all()
        database.drop(self.name)

"""Celery and its beat, played: wakes are lost, doubled and late; the sweeps come when they have something to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.conf import settings

from payhub.celery import app
from tests.simulation.virtual_clock import SECOND, moment

if TYPE_CHECKING:
    from tests.simulation.world import World

# When a task of the beat has something to do at the earliest. What is not here is woken at every turn.
DUE = {
    "cashier.query_due": "SELECT min(next_at) FROM cashier_pendingquery",
    "payhub.outbox.deliver_due": "SELECT min(next_at) FROM outbox_delivery WHERE state = 'PENDING'",
    "cashier.expire_due": "SELECT min(expires_at) FROM cashier_payment WHERE state = 'OPEN' AND close_wanted = ''",
    "orders.ask_waiting": "SELECT min(ask_at) FROM orders_order",
    "orders.send_webhooks": "SELECT min(next_at) FROM orders_webhookdelivery",
    "reconciliation.run_due": "SELECT min(fetch_at) FROM reconciliation_bill WHERE is_wanted AND state <> 'CLOSED'",
    "cashier.send_refunds": "SELECT min(requested_at) FROM cashier_refund WHERE state = 'APPROVED'",
}
_ALL_DUE = "SELECT " + ", ".join(f"({sql})" for sql in DUE.values())
PATIENCE = 5  # turns without progress after which a sweep is late


class Broker:
    """Carries wakes to workers, and wakes by itself what is due."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._every = {task: every_s for task, every_s in settings.PAYHUB_BEAT if task in DUE}
        self._turn: dict[str, int] = dict.fromkeys(self._every, 0)  # not again before
        self._was_due: dict[str, tuple[int, int]] = {}  # (moment, how many turns did not change it)
        self._next: tuple[int, int, str] | None = None  # (when to wake it, since when it has been due, task)

    def send(self, task_name: str, ids: Mapping[str, int | str]) -> None:
        """Take a wake from payhub (the seam `payhub.tasks`)."""
        kernel = self.world.kernel
        if kernel.current is None:
            return
        kernel.point(f"wake {task_name} {dict(ids)}")
        if self.world.plan.no_wakes and task_name != "cashier.query_channel":  # which only the beat wakes
            return
        if kernel.draws("wake_lost"):
            return
        for _ in range(2 if kernel.draws("wake_twice") else 1):
            late_s = kernel.chance.randint(0, 30) if kernel.draws("wake_late") else 0
            self._start(f"task {task_name}", task_name, dict(ids), late_s + 0.01)

    def _start(self, name: str, task_name: str, ids: Mapping[str, int | str], after_s: float) -> None:
        def work() -> None:
            result = self.world.kernel.process(lambda: app.tasks[task_name].run(**ids))
            self.world.oracles.check_result(task_name, result)

        self.world.kernel.spawn(name, work, after_s)

    # -- beat ----------------------------------------------------------------------------------------------------

    def next_due(self) -> int | None:
        """Return when the beat next wakes something that has something to do; turns without are passed over."""
        plan, kernel = self.world.plan, self.world.kernel
        self._next = None
        if plan.no_beat and not kernel.healed:
            return None
        row = self.world.look(_ALL_DUE)[0]
        for task, due in zip(DUE, row, strict=True):
            if due is None or task in self.world.stopped:
                continue
            at = max(moment(due), self._turn[task])
            if self._next is None or at < self._next[0]:
                self._next = (at, moment(due), task)
        return self._next[0] if self._next else None

    def expect_bills(self) -> None:
        """Wake the beat's task that expects and misses bills."""
        self._start("beat reconciliation.expect", "reconciliation.expect", {}, 0.0)

    def wake_due(self) -> None:
        """Wake what `next_due` found."""
        if self._next is None:
            return
        _, due, task = self._next
        was_due, turns = self._was_due.get(task, (-1, 0))
        turns = turns + 1 if was_due == due else 0
        slower = 1 if turns < PATIENCE else 10
        self._was_due[task] = (due, turns)
        self._turn[task] = self.world.clock.at + self._every[task] * SECOND * slower
        self._start(f"beat {task}", task, {}, 0.0)
        if self.world.kernel.draws("wake_twice"):
            self._start(f"beat {task}", task, {}, 0.0)

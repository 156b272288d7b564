"""Schedules of consequences: events, deliveries, the order that follows its payment."""

from __future__ import annotations

from tests.simulation.schedules.scene import Scene
from tests.simulation.schedules.schedule import Schedules

TELLING = Schedules()


def _paid(scene: Scene) -> None:
    scene.ordered()
    scene.clicks("window", 10, "alpha.qr")
    scene.pays(12, "alpha")


@TELLING.guarded_by("event_after_commit")
def an_event_whose_cause_was_committed_is_told(scene: Scene) -> None:
    """The event in its cause's transaction: the process dies right after the commit that paid the payment."""
    _paid(scene)
    scene.dies("courier", "committed")


@TELLING.guarded_by("delivery_not_locked")
def two_deliverers_at_once_take_an_event_once(scene: Scene) -> None:
    """The delivery's lock: the second deliverer comes while the first one's consumer is at work."""
    _paid(scene)
    scene.delivers("first deliverer", 20)
    scene.stands("first deliverer", "INSERT INTO merchant_took", for_s=5)
    scene.delivers("second deliverer", 21)


@TELLING.guarded_by("taken_apart_from_done")
def a_deliverer_that_dies_before_it_is_done_has_delivered_nothing(scene: Scene) -> None:
    """Taken and done are one transaction: the process dies when the merchant has taken, and before the row says so."""
    _paid(scene)
    scene.delivers("deliverer", 20)
    scene.dies("deliverer", 'UPDATE "outbox_delivery"')


@TELLING.guarded_by("done_first")
def a_deliverer_that_dies_while_it_delivers_has_not_done_it(scene: Scene) -> None:
    """Taken and done are one transaction, the other way round: what is not taken is not done."""
    _paid(scene)
    scene.delivers("deliverer", 20)
    scene.dies("deliverer", "INSERT INTO merchant_took")


@TELLING.guarded_by("done_before_closed", no_bill=False)
def a_run_that_dies_while_it_closes_its_day_is_taken_up_again(scene: Scene) -> None:
    """The end of the run and the closing of its day are one transaction: the process dies while it books the day."""
    _paid(scene)
    scene.runs_books("books", 60, "alpha")
    scene.dies("books", 'INSERT INTO "cashier_ledgerentry"')


@TELLING.guarded_by("order_not_locked")
def an_order_asked_about_while_its_event_is_delivered_is_paid_once(scene: Scene) -> None:
    """The order's lock: the sweep that asks comes while the event is moving the order."""
    _paid(scene)
    scene.delivers("deliverer", 60)
    scene.stands("deliverer", 'UPDATE "orders_order"', for_s=5)
    scene.asks_for_orders("asker", 61)

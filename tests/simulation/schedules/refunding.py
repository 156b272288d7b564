"""Schedules of refunds: the refund's lock, its one number, what is left of a receipt."""

from __future__ import annotations

from tests.simulation.schedules.scene import Scene
from tests.simulation.schedules.schedule import Schedules

REFUNDING = Schedules()


def _paid(scene: Scene) -> None:
    scene.ordered()
    scene.clicks("window", 10, "alpha.qr")
    scene.pays(12, "alpha")


@REFUNDING.guarded_by("no_refund_lock")
def two_people_who_give_the_last_approval_at_once_approve_once(scene: Scene) -> None:
    """The payment's and the refund's lock: above the threshold two people must approve, one has, and two more read
    "one is missing" before either writes."""
    _paid(scene)
    scene.asks_back("asks", 20, 12_800)
    scene.approves("first", 25, 1)
    scene.approves("second", 30, 2)
    scene.stands("second", 'UPDATE "cashier_refund"', for_s=5)
    scene.approves("third", 31, 3)


@REFUNDING.guarded_by("limit_ignores_pending", "limit_ignores_pending_and_no_trigger")
def two_wishes_at_once_never_return_more_than_came_in(scene: Scene) -> None:
    """Refunds under way count, read under the payment's lock; the trigger is the last guard. Both ask for two thirds
    of the receipt, the second while the first is being written."""
    _paid(scene)
    scene.asks_back("asks", 20, 8_000)
    scene.stands("asks", 'INSERT INTO "cashier_refund"', for_s=5)
    scene.asks_back("asks, too", 21, 8_000)


@REFUNDING.guarded_by("sent_before_committed")
def a_refund_whose_sender_died_is_asked_about_and_not_sent_anew(scene: Scene) -> None:
    """SUBMITTED is committed before the call: the channel returned the money, and the process died before its answer.
    Another sweep finds the refund as sent, and asks."""
    _approved(scene)
    scene.sends_refunds("sender", 40)
    scene.dies("sender", "answer to refund")
    scene.sends_refunds("next sender", 50)


@REFUNDING.guarded_by("new_refund_number_every_time")
def a_refund_is_asked_about_under_the_number_that_was_sent(scene: Scene) -> None:
    """The number is fixed when the return is intended: the sender dies, and who asks must find what was sent."""
    _approved(scene)
    scene.sends_refunds("sender", 40)
    scene.dies("sender", "answer to refund")


@REFUNDING.guarded_by("sent_whatever_its_state", "no_refund_lock")
def two_senders_at_once_send_a_refund_once(scene: Scene) -> None:
    """The state under the refund's lock: both senders found it approved, and the first is writing that it sends."""
    _approved(scene)
    scene.sends_refunds("first sender", 40)
    scene.stands("first sender", 'UPDATE "cashier_refund"', for_s=5)
    scene.sends_refunds("second sender", 41)


@REFUNDING.guarded_by("surplus_returned_later", strict=False, no_notices=True)
def surplus_whose_taker_died_after_the_commit_goes_back(scene: Scene) -> None:
    """The return of surplus in the transaction that takes the money in: the process dies right after its commit."""
    scene.ordered()
    scene.clicks("window", 10, "alpha.qr")
    scene.clicks("second window", 12, "beta.qr")
    scene.pays(20, "alpha")
    scene.sweeps("first sweep", 25, "alpha")
    scene.pays(26, "beta")
    scene.sweeps("second sweep", 30, "beta")
    scene.dies("second sweep", "committed", skips=1)  # the first commit is the claim's


@REFUNDING.guarded_by("return_booked_later")
def a_return_whose_taker_died_after_the_commit_is_booked(scene: Scene) -> None:
    """The ledger in the transaction that takes the return in: the process dies right after its commit."""
    _approved(scene)
    scene.sends_refunds("sender", 40)
    scene.dies("sender", "committed", skips=1)  # the first commit is that of SUBMITTED


def _approved(scene: Scene) -> None:
    _paid(scene)
    scene.asks_back("asks", 20, 4_000)
    scene.approves("approves", 30, 1)

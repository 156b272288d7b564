"""Schedules of paying: the payment's lock, the one live attempt, the lease, the order of close and create."""

from __future__ import annotations

from tests.simulation.schedules.scene import Scene
from tests.simulation.schedules.schedule import Schedules

PAYING = Schedules()


@PAYING.guarded_by("no_lease")
def a_close_never_overtakes_a_slow_create(scene: Scene) -> None:
    """The create's lease: "no such order" proves nothing while a create may still be on its way. Without it the first
    number counts as closed, the second is started, and then the first one's code comes and can be paid."""
    scene.ordered()
    scene.clicks("first window", 10, "alpha.qr")
    scene.stands("first window", "create ", for_s=8)
    scene.clicks("second window", 11, "beta.qr")


@PAYING.guarded_by("no_lease")
def a_process_that_stood_still_past_its_lease_shows_nothing(scene: Scene) -> None:
    """The look under the lock after the create: the process stood still until its lease was over, and the second
    window found the number dead. The code that comes then is shown to nobody and is closed at the channel."""
    scene.ordered()
    scene.clicks("first window", 10, "alpha.qr")
    scene.stands("first window", "create ", for_s=20)
    scene.clicks("second window", 26, "beta.qr")


@PAYING.guarded_by("no_row_lock", "no_row_lock_and_no_index")
def two_clicks_on_two_methods_start_one_attempt(scene: Scene) -> None:
    """The payment's row lock, and the index of one live attempt behind it: both clicks read "none is live" before
    either writes. Without the lock the index refuses the second one with an error; without both, two codes."""
    scene.ordered()
    scene.clicks("first window", 10, "alpha.qr")
    scene.stands("first window", 'INSERT INTO "cashier_attempt"', for_s=5)
    scene.clicks("second window", 12, "beta.qr")


@PAYING.guarded_by("never_the_same_attempt")
def two_clicks_on_one_method_show_one_code(scene: Scene) -> None:
    """The same attempt again: the second click comes while the first one's create is under way."""
    scene.ordered()
    scene.clicks("first window", 10, "alpha.qr")
    scene.stands("first window", "sent create", for_s=3)
    scene.clicks("second window", 11, "alpha.qr")


@PAYING.guarded_by("call_in_transaction")
def a_slow_create_holds_up_nobody_else(scene: Scene) -> None:
    """No call inside a transaction: while the create hangs, the merchant's cancellation needs the payment's lock."""
    scene.ordered()
    scene.clicks("window", 10, "alpha.qr")
    scene.stands("window", "create ", for_s=4)
    scene.cancels("merchant", 11)


@PAYING.guarded_by("question_planned_after_commit")
def a_process_that_dies_after_its_intent_is_asked_about(scene: Scene) -> None:
    """The pending query in the attempt's own transaction: the process dies right after the commit, and nobody comes
    back to click. The query alone brings the attempt to its end."""
    scene.ordered()
    scene.clicks("window", 10, "alpha.qr")
    scene.dies("window", "committed")


@PAYING.guarded_by("no_lease")
def a_cancellation_while_the_code_is_made_shows_no_code(scene: Scene) -> None:
    """The same guard against the merchant: the payment was cancelled while the create was under way, and the sweep
    asked the channel, which did not know the number yet."""
    scene.ordered()
    scene.clicks("window", 10, "alpha.qr")
    scene.stands("window", "create ", for_s=8)
    scene.cancels("merchant", 11)
    scene.sweeps("sweep", 12, "alpha")


@PAYING.guarded_by("second_success_ignored", "surplus_not_returned")
def an_attempt_that_was_set_aside_and_paid_goes_back(scene: Scene) -> None:
    """Superseded is not forgotten: the shopper declared "not charged" and paid by another method, and both were
    charged in the end. The later money is surplus."""
    scene.ordered()
    scene.clicks("window", 10, "alpha.bank")
    for at_s in (20, 40, 60):
        scene.checks(f"check at {at_s}", at_s)
    scene.declares_not_charged("declares", 100, "beta.qr")
    scene.pays(105, "beta")
    scene.pays(106, "alpha")


@PAYING.guarded_by("redis_alone_guards")
def two_windows_send_one_cart_off_while_redis_is_emptied(scene: Scene) -> None:
    """The claim in PostgreSQL behind the one in Redis: both windows find Redis empty, because it was flushed between
    them, and only the claim's row makes the second wait for the first one's order."""
    scene.submits("first window", 10)
    scene.stands("first window", 'INSERT INTO "orders_order"', for_s=5)
    scene.loses_redis(11)
    scene.submits("second window", 12)

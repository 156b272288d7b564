"""Schedules of settling: facts that meet at one row, and money that comes when nobody expects it any more."""

from __future__ import annotations

from tests.simulation.plan import QUIET
from tests.simulation.schedules.scene import Scene
from tests.simulation.schedules.schedule import Schedules

SETTLING = Schedules()


def _shown(scene: Scene, way: str = "alpha.qr") -> None:
    scene.ordered()
    scene.clicks("window", 10, way)


@SETTLING.guarded_by("settles_what_was_read")
def a_notification_between_a_querys_answer_and_its_settling_stays(scene: Scene) -> None:
    """The state read under the lock: the query was answered "not paid yet", the shopper paid, the notification
    settled; then the old answer is settled and must change nothing."""
    _shown(scene)
    scene.sweeps("sweep", 30, "alpha")
    scene.stands("sweep", "answer to query", for_s=8)
    scene.pays(31, "alpha")


@SETTLING.guarded_by("question_by_the_row")
def a_notification_between_the_sweeps_claim_and_its_question_harms_nothing(scene: Scene) -> None:
    """What is to be asked is read by its own key: the pending query's row is gone as soon as the notification comes."""
    _shown(scene)
    scene.sweeps("sweep", 30, "alpha")
    scene.stands("sweep", "committed", for_s=8)
    scene.pays(31, "alpha")


@SETTLING.guarded_by("no_row_lock_and_no_receipt_index")
def a_notification_and_a_query_that_both_say_paid_settle_once(scene: Scene) -> None:
    """The payment's lock in `settle`, and the index of one receipt behind it: the notification is being written when
    the query brings the same receipt. The index alone would do; without both the second one is refused with an error."""
    _shown(scene)
    scene.pays(28, "alpha")
    scene.stands("courier", 'INSERT INTO "cashier_channelfact"', for_s=6)
    scene.sweeps("sweep", 30, "alpha")


@SETTLING.guarded_by("claims_stay_due")
def two_sweeps_at_once_ask_about_different_rows(scene: Scene) -> None:
    """The claim's lease, which outlives its transaction: the second sweep comes while the first one's question is
    under way. Channels count questions and cut off whoever asks too often."""
    _shown(scene)
    scene.sweeps("first sweep", 30, "alpha")
    scene.stands("first sweep", "sent query ", for_s=3)
    scene.sweeps("second sweep", 31, "alpha")
    scene.happens_at_most(1, "sent query ", until_s=40)


@SETTLING.guarded_by("no_version_check", "second_success_ignored", strict=False)
def two_attempts_that_succeed_at_once_pay_once(scene: Scene) -> None:
    """The payment's lock before the attempts': under the policy that lets a second method be started while one is
    open, both are paid, and both notifications read "not paid yet". Of two successes one pays, one goes back."""
    _shown(scene)
    scene.clicks("second window", 12, "beta.qr")
    scene.pays(20, "alpha")
    scene.pays(20, "beta")
    scene.stands("courier", 'INSERT INTO "cashier_channelfact"', for_s=5)


@SETTLING.guarded_by("closed_is_final")
def money_that_comes_after_the_end_is_found_and_returned(scene: Scene) -> None:
    """SUCCEEDED is reached from every state: the channel said "closed" and took the money of somebody who was typing
    the password. The payment has ended, so the money goes back."""
    _shown(scene)
    scene.cancels("merchant", 20)
    scene.sweeps("sweep", 21, "alpha")
    scene.pays(25, "alpha", after_all=True)


@SETTLING.guarded_by("cancelled_takes_late_money")
def a_success_while_the_cancellation_is_written_is_paid_or_returned(scene: Scene) -> None:
    """The end is written under the payment's lock: "closed" was answered and is being settled when the late success
    is notified. Whichever is first, the other finds it."""
    _shown(scene)
    scene.cancels("merchant", 20)
    scene.sweeps("sweep", 21, "alpha")
    scene.stands("sweep", 'UPDATE "cashier_payment"', for_s=7)
    scene.pays(22, "alpha", after_all=True)


@SETTLING.guarded_by("surplus_does_not_end", faults={**QUIET, "wrong_amount": 1.0})
def another_amount_that_ends_the_last_attempt_ends_a_cancelled_payment(scene: Scene) -> None:
    """Surplus ends an attempt like anything else: the merchant cancelled, and before the channel was asked to close,
    another amount than was asked came in."""
    _shown(scene)
    scene.cancels("merchant", 20)
    scene.pays(21, "alpha")


@SETTLING.guarded_by("acknowledged_first")
def a_notification_that_could_not_be_kept_is_not_acknowledged(scene: Scene) -> None:
    """The acknowledgement after the commit: the database refuses the fact, so the channel must send it again."""
    _shown(scene)
    scene.pays(20, "alpha")
    scene.is_refused("courier", 'INSERT INTO "cashier_channelfact"')


@SETTLING.guarded_by("second_receipt_by_two_doors")
def a_second_receipt_told_by_bill_and_notification_goes_back_once(scene: Scene) -> None:
    """All receipts of an attempt are known again, and an index says so, too: one number collected twice, and the
    bill's line is being written when the second receipt's notification comes."""
    _shown(scene)
    scene.pays(20, "alpha")
    scene.pays(25, "alpha", after_all=True)
    scene.bills("bill", 25.2, "alpha")
    scene.stands("bill", 'INSERT INTO "cashier_channelfact"', for_s=5)

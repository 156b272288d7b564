"""Planted for the schedules made by hand: guards that only one interleaving needs, too rare to be hunted by chance."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit
from tests.simulation.planted.locking import NO_ROW_LOCK

_LATER = "__import__('tests.simulation.planted.delayed', fromlist=['later']).later"

BY_HAND = (
    Bug(
        name="claims_stay_due",
        says="What one sweep asks about stays due.",
        edits=(Edit(where="cashier.locks:claim_due_queries", old="now + timedelta(seconds=lease_s)", new="now"),),
    ),
    Bug(
        name="no_row_lock_and_no_receipt_index",
        says="Payments and attempts are read without a lock, and the index that knows every receipt once is gone.",
        edits=NO_ROW_LOCK,
        drops=("cashier_channelfact.fact_receipt_once",),
    ),
    Bug(
        name="settles_what_was_read",
        says="An answer that brought no end plans the next question, whatever became of the attempt meanwhile.",
        edits=(Edit(where="cashier.services.pending:reschedule", old=" or not attempt.is_live:", new=":"),),
    ),
    Bug(
        name="delivery_not_locked",
        says="Whoever looks for a due delivery takes it, whether somebody else is at it or not.",
        edits=(
            Edit(
                where="payhub.outbox.locks:lock_due_delivery",
                old='Delivery.objects.select_for_update(skip_locked=True, of=("self",))',
                new="Delivery.objects.all()",
            ),
        ),
    ),
    Bug(
        name="order_not_locked",
        says="The order is read without a lock: its event and the sweep both move it.",
        edits=(
            Edit(where="orders.locks:lock_order", old="Order.objects.select_for_update()", new="Order.objects"),
            Edit(
                where="orders.locks:lock_orders_to_ask",
                old="Order.objects.select_for_update(skip_locked=True)",
                new="Order.objects",
            ),
        ),
    ),
    Bug(
        name="redis_alone_guards",
        says="Only Redis keeps two submits of one cart apart.",
        edits=(Edit(where="orders.services.submit:_order", old="        if draft.buyer:", new="        if False:"),),
    ),
    Bug(
        name="event_after_commit",
        says="The event is written after the transaction of its cause.",
        edits=(
            Edit(
                where="cashier.services.settle:_take_money",
                old='    emit(\n        name="payment.paid"',
                new=f'    {_LATER}(emit)(\n        name="payment.paid"',
            ),
        ),
    ),
    Bug(
        name="done_first",
        says="A delivery is done before its consumer has taken it.",
        edits=(
            Edit(
                where="payhub.outbox.deliver:_deliver_one",
                old="consumers()[delivery.consumer].take(",
                new=f"{_LATER}(consumers()[delivery.consumer].take)(",
            ),
        ),
    ),
    Bug(
        name="taken_apart_from_done",
        says="The consumer takes in a transaction of its own, before the one that marks it done.",
        edits=(
            Edit(
                where="payhub.outbox.deliver:_deliver_one",
                old="        with committed():\n            delivery = lock_due_delivery(now)",
                new="        with committed():\n            told = lock_due_delivery(now)\n"
                "        if told is not None:\n            with committed():\n"
                "                consumers()[told.consumer].take(told.event, now)\n"
                "        with committed():\n            delivery = lock_due_delivery(now)",
            ),
            Edit(
                where="payhub.outbox.deliver:_deliver_one",
                old="            consumers()[delivery.consumer].take(",
                new="            (lambda *_: None)(",
            ),
        ),
    ),
    Bug(
        name="question_by_the_row",
        says="What is to be asked is read through a row that a notification may have deleted.",
        edits=(
            Edit(
                where="cashier.services.query:_prepare",
                old='Attempt.objects.select_related("account", "payment__merchant").get(pk=row.attempt_id or 0)',
                new='Attempt.objects.select_related("account", "payment__merchant").get(pending_query=row)',
            ),
        ),
    ),
    Bug(
        name="surplus_does_not_end",
        says="A wrong amount that ends the last attempt does not end the cancelled payment.",
        edits=(
            Edit(
                where="cashier.services.settle:_apply",
                old="        end_if_wanted(payment, attempts, now)",
                new="        if verdict not in SURPLUS:\n            end_if_wanted(payment, attempts, now)",
            ),
        ),
        profile="late_money",
    ),
)

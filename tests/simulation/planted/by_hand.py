"""Planted for the schedules made by hand: guards that only one interleaving needs, too rare to be hunted by chance."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit
from tests.simulation.planted.locking import NO_ROW_LOCK

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
)

"""Planted: how consequences leave."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

_LATER = "__import__('tests.simulation.planted.delayed', fromlist=['later']).later"

BUGS = (
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
        name="surplus_is_paid",
        says="A surplus success is told as a payment.",
        edits=(
            Edit(
                where="cashier.services.surplus:intend_return",
                old='name="payment.surplus"',
                new='name="payment.paid"',
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
        name="never_done",
        says="A delivery is not marked done when its consumer has taken it.",
        edits=(Edit(where="payhub.outbox.deliver:_deliver_one", old="            delivery.finish()\n", new=""),),
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
        name="dropped_on_error",
        says="A delivery whose consumer failed once is given up.",
        edits=(
            Edit(
                where="payhub.outbox.deliver:_note_failure",
                old="if delivery.tries < len(RETRY_AFTER_S):",
                new="if False:",
            ),
        ),
    ),
)

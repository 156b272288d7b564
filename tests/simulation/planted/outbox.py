"""Planted: how consequences leave."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

BUGS = (
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
        name="never_done",
        says="A delivery is not marked done when its consumer has taken it.",
        edits=(Edit(where="payhub.outbox.deliver:_deliver_one", old="            delivery.finish()\n", new=""),),
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

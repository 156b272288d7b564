"""Planted: money on its way back."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

_LATER = "__import__('tests.simulation.planted.delayed', fromlist=['later']).later"
_JUDGE = "cashier.services.settle_refund:_judge"
_ALL_REFUNDS = Edit(
    where="cashier.services.refund:refundable",
    old="state__in=REFUND_COUNTED",
    new="state=RefundState.SUCCEEDED",
)
_NO_PAYMENT_LOCK = Edit(
    where="cashier.locks:lock_payment_of_refund", old='.select_for_update(of=("self",))', new=".all()"
)
_NO_REFUND_LOCK = Edit(where="cashier.locks:lock_refund", old='select_for_update(of=("self",))', new="all()")

BUGS = (
    Bug(
        name="new_refund_number_every_time",
        says="Every call for a refund goes out under another number.",
        edits=(
            Edit(
                where="cashier.services.channel_calls:return_of",
                old="refund_no=refund.refund_no,",
                new="refund_no=f'{refund.refund_no}{clock.now():%M%S}',",
            ),
        ),
    ),
    Bug(
        name="refund_timeout_is_failure",
        says="No answer about a refund is taken for a refusal.",
        edits=(
            Edit(
                where=_JUDGE,
                old="if fact.outcome not in {Outcome.PAID, Outcome.FAILED, Outcome.CLOSED}:",
                new="if fact.outcome not in {Outcome.PAID, Outcome.FAILED, Outcome.CLOSED, Outcome.UNKNOWN}:",
            ),
        ),
        profile="refunds",
    ),
    Bug(
        name="accepted_is_returned",
        says="A refund that the channel accepted is taken for returned.",
        edits=(
            Edit(
                where=_JUDGE,
                old="    if fact.outcome not in",
                new="    if fact.outcome is Outcome.IN_PROGRESS and refund.state == RefundState.SUBMITTED:\n"
                "        return Verdict.RETURNS\n    if fact.outcome not in",
            ),
        ),
        profile="refunds",
    ),
    Bug(
        name="no_refund_lock",
        says="Refunds are decided and sent without a lock.",
        edits=(_NO_PAYMENT_LOCK, _NO_REFUND_LOCK),
        profile="refunds",
    ),
    Bug(
        name="limit_ignores_pending",
        says="What is refundable does not count refunds under way; PostgreSQL's trigger is the last guard.",
        edits=(_ALL_REFUNDS,),
        profile="refunds",
    ),
    Bug(
        name="limit_ignores_pending_and_no_trigger",
        says="As before, and the trigger is gone.",
        edits=(_ALL_REFUNDS,),
        drops=("cashier_refund.pgtrigger_within_receipt",),
        profile="refunds",
    ),
    Bug(
        name="return_booked_later",
        says="The return is booked after the transaction that took it in.",
        edits=(
            Edit(
                where="cashier.services.settle_refund:_return",
                old="ledger.book_return(refund, fact, now)",
                new=f"{_LATER}(ledger.book_return)(refund, fact, now)",
            ),
        ),
        profile="refunds",
    ),
    Bug(
        name="sent_before_committed",
        says="A refund goes out before its state is committed.",
        edits=(
            Edit(
                where="cashier.services.refund:send_refund",
                old="    return _call(refund)",
                new="        return _call(refund)",
            ),
        ),
    ),
    Bug(
        name="sent_whatever_its_state",
        says="A refund that is sent already is sent again.",
        edits=(
            Edit(
                where="cashier.services.refund:send_refund",
                old="if refund.state != RefundState.APPROVED:",
                new="if False:",
            ),
        ),
        profile="refunds",
    ),
    Bug(
        name="whoever_asked_may_approve",
        says="The same person asks and approves; a constraint is the last guard.",
        edits=(
            Edit(
                where="cashier.services.refund:approve_refund",
                old="approver.pk in {refund.requested_by_id, refund.approved_by_id}",
                new="approver.pk == refund.approved_by_id",
            ),
        ),
        profile="refunds",
    ),
    Bug(
        name="one_approver_is_enough",
        says="The second approver of a large refund is forgotten.",
        edits=(
            Edit(
                where="cashier.services.refund:approve_refund",
                old="if not needs_two or refund.second_approved_by_id is not None:",
                new="if True:",
            ),
        ),
        profile="refunds",
    ),
)

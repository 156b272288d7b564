"""Planted: what a fact means for an attempt and its payment."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

_JUDGE = "cashier.services.judge:judge"
_SUCCESS = "cashier.services.judge:_judge_success"

BUGS = (
    Bug(
        name="timeout_is_failure",
        says="No answer to a query is taken for the end.",
        edits=(
            Edit(
                where=_JUDGE,
                old="if fact.outcome in {Outcome.FAILED, Outcome.CLOSED}:",
                new="if fact.outcome in {Outcome.FAILED, Outcome.CLOSED, Outcome.UNKNOWN}:",
            ),
        ),
    ),
    Bug(
        name="not_paid_is_closed",
        says="'Not paid yet' is taken for the end.",
        edits=(
            Edit(
                where=_JUDGE,
                old="if fact.outcome in {Outcome.FAILED, Outcome.CLOSED}:",
                new="if fact.outcome in {Outcome.FAILED, Outcome.CLOSED, Outcome.IN_PROGRESS}:",
            ),
        ),
    ),
    Bug(
        name="not_found_is_closed",
        says="'No such order' is taken for the end, whatever was shown.",
        edits=(
            Edit(where="cashier.services.judge:is_provably_dead", old="return never_shown or", new="return True or"),
        ),
    ),
    Bug(
        name="close_unasked",
        says="An attempt that is being closed is taken for closed without asking the channel.",
        edits=(
            Edit(
                where="cashier.services.query:_ask",
                old="        return channel.query(trade)",
                new="            return Fact(outcome=Outcome.CLOSED, attempt_no=trade.attempt_no)\n"
                "        return channel.query(trade)",
            ),
        ),
    ),
    Bug(
        name="deadline_is_closed",
        says="An attempt past its deadline by our own clock is closed without asking.",
        edits=(
            Edit(
                where=_JUDGE,
                old="    return Verdict.STILL_OPEN",
                new="    return Verdict.FREES_CLOSED if now >= attempt.expires_at - timedelta(seconds=30) and "
                "attempt.is_live else Verdict.STILL_OPEN",
            ),
        ),
    ),
    Bug(
        name="closed_is_final",
        says="A success that comes after the close is ignored.",
        edits=(
            Edit(
                where=_SUCCESS,
                old="    if fact.amount != payment.money:",
                new="    if attempt.state == AttemptState.CLOSED:\n        return Verdict.REPEATED\n"
                "    if fact.amount != payment.money:",
            ),
        ),
        profile="late_money",
    ),
    Bug(
        name="no_amount_check",
        says="Any amount pays.",
        edits=(Edit(where=_SUCCESS, old="if fact.amount != payment.money:", new="if False:"),),
    ),
    Bug(
        name="second_success_ignored",
        says="A second success is taken for a repeat of the first.",
        edits=(
            Edit(
                where=_SUCCESS,
                old="if payment.state == PaymentState.PAID:\n        return Verdict.SURPLUS_SECOND",
                new="if payment.state == PaymentState.PAID:\n        return Verdict.REPEATED",
            ),
        ),
        profile="late_money",
    ),
    Bug(
        name="cancelled_takes_late_money",
        says="Money that comes after a cancellation pays.",
        edits=(Edit(where=_SUCCESS, old="if _takes_late(payment) else", new="if True else"),),
        profile="late_money",
    ),
    Bug(
        name="surplus_not_returned",
        says="Surplus is booked, and nobody intends its return.",
        edits=(
            Edit(
                where="cashier.services.settle:_take_money",
                old="        intend_return(payment, attempt, fact, now)\n",
                new="",
            ),
        ),
    ),
    Bug(
        name="surplus_returned_later",
        says="The return of surplus is intended after the transaction that took the money in.",
        edits=(
            Edit(
                where="cashier.services.settle:_take_money",
                old="        intend_return(payment, attempt, fact, now)\n",
                new="        __import__('tests.simulation.planted.delayed', fromlist=['later'])"
                ".later(intend_return)(payment, attempt, fact, now)\n",
            ),
        ),
        profile="late_money",
    ),
    Bug(
        name="books_what_was_asked",
        says="The ledger has what was asked, not what came.",
        edits=(
            Edit(
                where="cashier.services.ledger:_book",
                old="    sides = ",
                new="    money = fact.attempt.money if fact and fact.attempt and not fact.refund_no else money\n    sides = ",
            ),
        ),
    ),
    Bug(
        name="question_planned_after_commit",
        says="A new attempt's query is planned after its transaction.",
        edits=(
            Edit(
                where="cashier.services.pay:_start",
                old="    pending.put(attempt, now)",
                new="    __import__('tests.simulation.planted.delayed', fromlist=['later']).later(pending.put)(attempt, now)",
            ),
        ),
    ),
    Bug(
        name="stops_asking",
        says="Whoever is UNKNOWN is never asked again.",
        edits=(
            Edit(
                where="cashier.schedule:next_while_unknown",
                old="timedelta(seconds=schedule.slow_s)",
                new="timedelta(days=100)",
            ),
        ),
    ),
)

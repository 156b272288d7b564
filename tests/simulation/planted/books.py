"""Planted: bills, webhooks, and how soon an end is found."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

BUGS = (
    Bug(
        name="done_before_closed",
        says="A run is done before it has said how the day stands: whoever dies in between leaves the day open.",
        edits=(
            Edit(
                where="reconciliation.services.run:_go",
                old="    close(bill_id,",
                new="    Bill.objects.filter(pk=bill_id).update(step=Step.DONE, is_wanted=False)\n    close(bill_id,",
            ),
        ),
        profile="books",
    ),
    Bug(
        name="bill_changes_nothing",
        says="What only the bill knows is told to people, and never settled.",
        edits=(
            Edit(
                where="reconciliation.services.settle:settle_lines",
                old='rows = list(_to_settle(bill).order_by("id"))',
                new="rows = []",
            ),
        ),
        profile="books",
    ),
    Bug(
        name="unreadable_lines_dropped",
        says="Lines that cannot be read are left out.",
        edits=(
            Edit(
                where="reconciliation.services.load:_copied",
                old='            yield f"{prefix}\\t{line.row}\\tUNREADABLE\\t\\t\\t\\t0\\t\\t\\\\N\\t\\\\N\\t{_text(line.reason)}\\tf\\n"\n',
                new="",
            ),
        ),
        profile="books",
    ),
    Bug(
        name="bookkeeper_books_alone",
        says="Nobody asks for a second bookkeeper above the limit; PostgreSQL's trigger is the last guard.",
        edits=(
            Edit(
                where="reconciliation.services.resolve:needs_second",
                old="return abs(difference.effect_minor) > difference.merchant.second_approver_above_minor",
                new="return False",
            ),
        ),
        profile="books",
    ),
    Bug(
        name="webhook_given_up",
        says="A webhook that was not received is not sent again.",
        edits=(
            Edit(
                where="orders.services.send_webhooks:_try_again",
                old="if delivery.tries < len(RETRY_AFTER_S):",
                new="if False:",
            ),
        ),
    ),
    Bug(
        name="webhook_renamed_at_every_try",
        says="Every try has a number of its own, so that the merchant takes it for another event.",
        edits=(
            Edit(
                where="orders.services.send_webhooks:pack",
                old="    body = body_of(event, endpoint.merchant)\n",
                new='    event.event_id += f"_{delivery.tries}"\n    body = body_of(event, endpoint.merchant)\n',
            ),
        ),
    ),
    Bug(
        name="webhook_received_when_sent",
        says="Whatever the merchant answers, it has received the webhook.",
        edits=(
            Edit(
                where="orders.services.send_webhooks:Sent.is_received",
                old="return self.answer is not None and 200 <= self.answer.status < 300",
                new="return self.answer is not None",
            ),
        ),
    ),
    Bug(
        name="asks_too_seldom",
        says="An attempt is asked about in its first minute, and then at its deadline only.",
        edits=(
            Edit(
                where="cashier.schedule:next_while_payable",
                old="    return min(now + timedelta(seconds=schedule.every_s), deadline)",
                new="    return deadline",
            ),
        ),
        profile="silent",
    ),
)

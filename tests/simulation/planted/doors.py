"""Planted: how facts come in."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

BUGS = (
    Bug(
        name="acknowledged_first",
        says="A notification is acknowledged whatever became of it.",
        edits=(
            Edit(
                where="cashier.web.notify:notify",
                old="    settled = settle(fact=fact, source=FactSource.NOTIFICATION, account=account, now=clock.now())\n",
                new="    try:\n        settled = settle(fact=fact, source=FactSource.NOTIFICATION, account=account, "
                "now=clock.now())\n    except Exception:\n        return _answer(adapter.accept())\n",
            ),
        ),
    ),
    Bug(
        name="any_account_may_speak",
        says="A message of one account about another account's number is taken.",
        edits=(
            Edit(where="cashier.services.settle:settle", old="if attempt.account_id != account.pk:", new="if False:"),
        ),
    ),
    Bug(
        name="digest_forgets_the_number",
        says="The channel's number does not count for what makes a fact the same.",
        edits=(
            Edit(where="cashier.services.facts:store", old="verdict, fact.channel_trade_no)", new="verdict)"),
            Edit(
                where="cashier.services.judge:_judge_repeat",
                old="return Verdict.SURPLUS_SECOND",
                new="return Verdict.REPEATED",
            ),
        ),
        profile="late_money",
    ),
)

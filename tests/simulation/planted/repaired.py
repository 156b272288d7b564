"""Planted: bugs that the simulation found in payhub and that were mended (docs/simulation.md), put back in."""

from __future__ import annotations

from tests.simulation.planted.bug import Bug, Edit

BUGS = (
    Bug(
        name="second_receipt_by_two_doors",
        says="Only one receipt of a number is known again, and the index that guards it is gone.",
        edits=(
            Edit(
                where="cashier.services.judge:_judge_repeat",
                old='taken.get(number, taken.get(""))',
                new="dict(sorted(taken.items(), key=lambda item: item[0])[:1]).get(number)",
            ),
        ),
        drops=("cashier_channelfact.fact_receipt_once",),
        profile="late_money",
    ),
    Bug(
        name="stray_money_by_two_doors",
        says="Money for a number that is not ours is kept once for every door.",
        edits=(
            Edit(
                where="cashier.services.facts:store",
                old='door = "" if verdict is Verdict.NOT_OURS else source',
                new="door = source",
            ),
        ),
    ),
)

"""Resolving by hand: by name, with a reason, above a limit by two; each correction is a new ledger entry."""

from __future__ import annotations

import pytest
from django.db import IntegrityError

from cashier.channels.base import BillKind
from cashier.models import LedgerEntry
from payhub import clock
from payhub.db import savepoint
from payhub.money import Money
from payhub.review.models import ReviewItem
from payhub.trail.models import OperationRecord
from reconciliation.errors import NotToDecide, NotYourDecision, ReasonMissing
from reconciliation.models import Bill, Difference
from reconciliation.services.resolve import approve, decide, reject
from reconciliation.states import Decision
from tests.conftest import MovedClock
from tests.integration.reconciliation.conftest import DAY, Shop, morning_after
from tests.integration.reconciliation.test_run import broken, held

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


def short_by(shop: Shop, moved_clock: MovedClock, minor: int = 30) -> Difference:
    """A day whose bill has one payment with less than we know."""
    shop.sell(10_000)
    shop.change_line(0, amount=Money(10_000 - minor, "CNY"))
    morning_after(moved_clock)
    return Difference.objects.get(bill=shop.run())


def choose(difference: Difference, decision: Decision, shop: Shop, reason: str = "Told by the channel.") -> Difference:
    return decide(difference_id=difference.pk, decision=decision, reason=reason, person=shop.people[0], now=clock.now())


def test_taking_the_channels_side_is_a_new_entry_and_closes_the_day(shop: Shop, moved_clock: MovedClock) -> None:
    difference = short_by(shop, moved_clock)
    before = list(LedgerEntry.objects.order_by("id").values_list("pk", "amount_minor"))
    choose(difference, Decision.BOOK, shop)
    assert LedgerEntry.objects.get(account="differences:lantern-alpha").amount_minor == 30
    bill = shop.run()
    assert bill.state == "CLOSED"
    assert held() == 0
    assert list(LedgerEntry.objects.order_by("id").values_list("pk", "amount_minor"))[: len(before)] == before
    assert broken() == set()
    assert not ReviewItem.objects.filter(resolved_at=None).exists()


def test_an_explained_difference_books_nothing_and_stays_explained_to_the_cent(
    shop: Shop, moved_clock: MovedClock
) -> None:
    difference = short_by(shop, moved_clock)
    choose(difference, Decision.EXPLAIN, shop)
    assert shop.run().state == "CLOSED"
    assert not LedgerEntry.objects.filter(journal__startswith="correction").exists()
    assert broken() == set()


def test_a_success_that_the_channel_does_not_have_stays_in_what_it_owes_us(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell(5_000)
    morning_after(moved_clock)
    shop.books.bills[DAY] = None
    difference = Difference.objects.get(bill=shop.run())
    choose(difference, Decision.EXPLAIN, shop)
    assert shop.run().state == "CLOSED"
    assert held() == 5_000
    assert broken() == set()


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_decision_needs_a_reason(shop: Shop, moved_clock: MovedClock, reason: str) -> None:
    difference = short_by(shop, moved_clock)
    with pytest.raises(ReasonMissing):
        choose(difference, Decision.BOOK, shop, reason)


def test_above_the_limit_a_second_person_decides_with_the_first(shop: Shop, moved_clock: MovedClock) -> None:
    merchant = shop.account.merchant
    merchant.second_approver_above_minor = 20
    merchant.save()
    difference = choose(short_by(shop, moved_clock), Decision.BOOK, shop)
    assert difference.state == "PROPOSED"
    assert not LedgerEntry.objects.filter(journal__startswith="correction").exists()
    assert shop.run().state == "DIFFERENT"
    ada, bo, _ = shop.people
    with pytest.raises(NotYourDecision):
        approve(difference_id=difference.pk, person=ada, now=clock.now())
    reject(difference_id=difference.pk, person=bo, now=clock.now())
    difference = choose(Difference.objects.get(pk=difference.pk), Decision.BOOK, shop)
    approve(difference_id=difference.pk, person=bo, now=clock.now())
    with pytest.raises(NotToDecide):
        approve(difference_id=difference.pk, person=bo, now=clock.now())
    assert shop.run().state == "CLOSED"
    actions = OperationRecord.objects.filter(subject=f"bill:lantern-alpha:{DAY}").order_by("sequence")
    assert [row.action for row in actions] == [
        "difference.proposed",
        "difference.rejected",
        "difference.proposed",
        "difference.approved",
        "bill.closed",
    ]


def test_the_database_refuses_one_person_above_the_limit(shop: Shop, moved_clock: MovedClock) -> None:
    merchant = shop.account.merchant
    merchant.second_approver_above_minor = 20
    merchant.save()
    difference = short_by(shop, moved_clock)
    ada = shop.people[0]
    alone = {"state": "RESOLVED", "resolved_by": ada, "reason": "x", "decision": "EXPLAIN"}
    with pytest.raises(IntegrityError, match="second person"), savepoint():
        Difference.objects.filter(pk=difference.pk).update(**alone)
    with pytest.raises(IntegrityError, match="four_eyes"), savepoint():
        Difference.objects.filter(pk=difference.pk).update(**alone, approved_by=ada)


def test_a_closed_day_does_not_change(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    morning_after(moved_clock)
    bill = shop.run()
    assert bill.state == "CLOSED"
    with pytest.raises(Exception, match="Cannot update"), savepoint():
        Bill.objects.filter(pk=bill.pk).update(lines=7)
    moved_clock.forward(days=1)
    assert shop.run().closed_at == bill.closed_at


def test_money_that_settling_booked_is_not_booked_again(shop: Shop, moved_clock: MovedClock) -> None:
    shop.bill(BillKind.PAYMENT, "A000000NOTOURS", 777, channel_trade_no="CHX1")
    morning_after(moved_clock)
    difference = Difference.objects.get(bill=shop.run())
    with pytest.raises(NotToDecide):
        choose(difference, Decision.BOOK, shop)
    choose(difference, Decision.EXPLAIN, shop)
    assert shop.run().state == "CLOSED"
    assert broken() == set()
    moved_clock.forward(hours=1)
    assert held() == 0

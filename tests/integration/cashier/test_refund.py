"""Refunds: two people, one number, followed to their end, never more than came in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cashier.channels.base import Fact, Outcome
from cashier.errors import AboveYourLimit, NothingToRefund, NotYourDecision, RefundChanged, RefundNotWaiting
from cashier.models import Attempt, ChannelAccount, LedgerEntry, Payment, PendingQuery, Refund
from cashier.models.refund import RefundReason
from cashier.services.channel_calls import channel_of, return_of
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt, query_due
from cashier.services.refund import (
    DECIDE_WITHIN,
    Wish,
    approve_refund,
    lapse_due,
    reject_refund,
    request_refund,
    send_again,
    send_approved,
    send_refund,
    withdraw_refund,
)
from cashier.services.settle import settle
from cashier.states import FactSource, RefundState
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.outbox.models import Event
from payhub.review.models import Kind, ReviewItem
from tests.conftest import MovedClock, staff
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard", "moved_clock")]


@pytest.fixture
def paid(payment: Payment, alpha_account: ChannelAccount, alpha: Books) -> Attempt:
    """An attempt that paid 128.00."""
    attempt = pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=clock.now())
    alpha.pay(attempt.attempt_no)
    return query_attempt(attempt_no=attempt.attempt_no)


@pytest.fixture
def person() -> Callable[[str], Any]:
    """Make people."""
    return staff


def wish(minor: int = 12_800, *, seen: int | None = None) -> Wish:
    return Wish(
        money=Money(minor, "CNY"),
        reason=RefundReason.RETURNED_GOODS,
        note="came back whole",
        refundable_seen_minor=seen,
    )


def approved(payment: Payment, person: Callable[[str], Any], minor: int = 12_800) -> Refund:
    refund = request_refund(payment_id=payment.pk, wish=wish(minor), requested_by=person("li"), now=clock.now())
    return approve_refund(refund_no=refund.refund_no, approver=person("han"), now=clock.now())


def test_a_refund_goes_from_request_to_the_books(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books
) -> None:
    refund = request_refund(payment_id=payment.pk, wish=wish(), requested_by=person("li"), now=clock.now())
    assert alpha.count("refund") == 0  # nothing is sent before the approval
    approve_refund(refund_no=refund.refund_no, approver=person("han"), now=clock.now())
    send_approved(now=clock.now())
    done = Refund.objects.get(pk=refund.pk)
    assert done.state == RefundState.SUCCEEDED
    assert done.proof is not None
    assert sum(LedgerEntry.objects.filter(account="channel:lantern-alpha").values_list("amount_minor", flat=True)) == 0
    assert list(Event.objects.filter(name__startswith="refund").values_list("name", flat=True)) == ["refund.succeeded"]
    assert not PendingQuery.objects.exists()
    assert alpha.collected() == 0


def test_whoever_asked_cannot_approve_or_reject(paid: Attempt, payment: Payment, person: Callable[[str], Any]) -> None:
    li = person("li")
    li.is_superuser = True
    li.save()
    refund = request_refund(payment_id=payment.pk, wish=wish(), requested_by=li, now=clock.now())
    with pytest.raises(NotYourDecision):
        approve_refund(refund_no=refund.refund_no, approver=li, now=clock.now())
    with pytest.raises(NotYourDecision):
        reject_refund(refund_no=refund.refund_no, decider=li, why="changed my mind", now=clock.now())
    inactive = person("gone")
    inactive.is_active = False
    with pytest.raises(NotYourDecision):
        approve_refund(refund_no=refund.refund_no, approver=inactive, now=clock.now())


def test_nobody_approves_above_their_roles_limit(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], settings: Any
) -> None:
    settings.REFUND_LIMITS_MINOR = {"cs_supervisor": 10_000, "finance": None}
    refund = request_refund(payment_id=payment.pk, wish=wish(10_001), requested_by=person("li"), now=clock.now())
    for name, role in (("wang", "cs_supervisor"), ("zhao", "cs_agent")):
        with pytest.raises(AboveYourLimit):
            approve_refund(refund_no=refund.refund_no, approver=staff(name, role), now=clock.now())
    small = request_refund(payment_id=payment.pk, wish=wish(100), requested_by=person("li"), now=clock.now())
    approve_refund(refund_no=small.refund_no, approver=staff("wang", "cs_supervisor"), now=clock.now())
    approve_refund(refund_no=refund.refund_no, approver=person("han"), now=clock.now())
    assert {r.state for r in Refund.objects.all()} == {RefundState.APPROVED}


def test_a_large_refund_needs_two_different_approvers(
    merchant: Merchant, paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books
) -> None:
    merchant.second_approver_above_minor = 10_000
    merchant.save()
    refund = approved(payment, person)
    assert refund.state == RefundState.REQUESTED
    with pytest.raises(NotYourDecision):
        approve_refund(refund_no=refund.refund_no, approver=person("han"), now=clock.now())
    approve_refund(refund_no=refund.refund_no, approver=person("wei"), now=clock.now())
    send_approved(now=clock.now())
    assert alpha.count("refund") == 1


def test_partial_refunds_add_up_to_what_was_paid_and_no_further(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books
) -> None:
    approved(payment, person, 5_000)
    with pytest.raises(NothingToRefund):
        request_refund(payment_id=payment.pk, wish=wish(7_801), requested_by=person("li"), now=clock.now())
    approved(payment, person, 7_800)
    send_approved(now=clock.now())
    assert alpha.collected() == 0
    with pytest.raises(NothingToRefund):
        request_refund(payment_id=payment.pk, wish=wish(1), requested_by=person("li"), now=clock.now())


def test_a_stale_page_sends_nothing(paid: Attempt, payment: Payment, person: Callable[[str], Any]) -> None:
    request_refund(payment_id=payment.pk, wish=wish(100, seen=12_800), requested_by=person("li"), now=clock.now())
    with pytest.raises(RefundChanged):
        request_refund(payment_id=payment.pk, wish=wish(100, seen=12_800), requested_by=person("li"), now=clock.now())


def test_an_unpaid_payment_has_nothing_to_refund(payment: Payment, person: Callable[[str], Any]) -> None:
    with pytest.raises(NothingToRefund):
        request_refund(payment_id=payment.pk, wish=wish(), requested_by=person("li"), now=clock.now())


def test_an_unknown_refund_is_asked_about_and_never_sent_under_a_new_number(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("refund", "timeout_after")
    refund = approved(payment, person)
    send_approved(now=clock.now())
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUBMITTED
    query_due(channel="alpha", now=moved_clock.forward(minutes=1))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED
    assert [number for call, number in alpha.calls if call == "refund"] == [refund.refund_no]


def test_a_refund_that_never_reached_the_channel_is_sent_again_under_the_same_number(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("refund", "timeout_before")
    refund = approved(payment, person)
    send_approved(now=clock.now())
    query_due(channel="alpha", now=moved_clock.forward(minutes=1))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED
    assert {number for call, number in alpha.calls if call == "refund"} == {refund.refund_no}
    assert alpha.collected() == 0


def test_a_crash_between_commit_and_call_is_made_good(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    refund = approved(payment, person)

    def crash() -> None:
        raise KeyboardInterrupt

    alpha.before["refund"] = crash
    with pytest.raises(KeyboardInterrupt):
        send_refund(refund_no=refund.refund_no, now=clock.now())
    del alpha.before["refund"]
    assert send_approved(now=clock.now()) == 0
    query_due(channel="alpha", now=moved_clock.forward(minutes=1))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED


def test_a_refund_that_the_channel_refuses_becomes_an_exception_and_can_be_sent_again(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books
) -> None:
    alpha.arm("refund", "refuse")
    refund = approved(payment, person)
    send_approved(now=clock.now())
    assert Refund.objects.get(pk=refund.pk).state == RefundState.FAILED
    assert ReviewItem.objects.get().kind == Kind.FAILED_REFUND
    send_again(refund_no=refund.refund_no, person=person("han"), now=clock.now())
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED
    assert ReviewItem.objects.get().resolved_at is not None


def test_a_balance_that_is_too_small_is_told_to_finance_and_tried_again_under_the_same_number(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("refund", "no_balance")
    refund = approved(payment, person)
    send_approved(now=clock.now())
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUBMITTED
    assert ReviewItem.objects.get().kind == Kind.FAILED_REFUND
    query_due(channel="alpha", now=moved_clock.forward(minutes=1))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED
    assert {number for call, number in alpha.calls if call == "refund"} == {refund.refund_no}
    assert ReviewItem.objects.get().resolved_at is not None


def test_a_silent_refund_becomes_an_exception_with_an_owner(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("refund", "timeout_after")
    alpha.arm("query_refund", "timeout_before", 100)
    refund = approved(payment, person)
    send_approved(now=clock.now())
    for _ in range(60):
        query_due(channel="alpha", now=moved_clock.forward(minutes=10))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.UNKNOWN
    assert ReviewItem.objects.get().kind == Kind.UNKNOWN_REFUND
    alpha.heal()
    for _ in range(6):
        query_due(channel="alpha", now=moved_clock.forward(minutes=10))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED
    assert ReviewItem.objects.get().resolved_at is not None


def test_a_rejected_or_withdrawn_refund_frees_its_money(
    paid: Attempt, payment: Payment, person: Callable[[str], Any]
) -> None:
    first = request_refund(payment_id=payment.pk, wish=wish(), requested_by=person("li"), now=clock.now())
    reject_refund(refund_no=first.refund_no, decider=person("han"), why="goods were used", now=clock.now())
    second = request_refund(payment_id=payment.pk, wish=wish(), requested_by=person("li"), now=clock.now())
    withdraw_refund(refund_no=second.refund_no, person=person("li"), why="asked by mistake", now=clock.now())
    assert approved(payment, person).state == RefundState.APPROVED
    with pytest.raises(RefundNotWaiting):
        approve_refund(refund_no=first.refund_no, approver=person("wei"), now=clock.now())


def test_an_undecided_request_lapses(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], moved_clock: MovedClock
) -> None:
    refund = request_refund(payment_id=payment.pk, wish=wish(), requested_by=person("li"), now=clock.now())
    moved_clock.at += DECIDE_WITHIN
    with pytest.raises(RefundNotWaiting):
        approve_refund(refund_no=refund.refund_no, approver=person("han"), now=clock.now())
    assert lapse_due(now=clock.now()) == 1
    assert Refund.objects.get(pk=refund.pk).state == RefundState.LAPSED


def test_a_refund_may_be_refused_and_sent_again_as_often_as_it_takes(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    refund = approved(payment, person)
    alpha.arm("refund", "refuse", 3)
    send_approved(now=clock.now())
    for _ in range(2):  # in the same words each time
        moved_clock.forward(minutes=5)
        assert send_again(refund_no=refund.refund_no, person=person("han"), now=clock.now()).state == RefundState.FAILED
        assert not PendingQuery.objects.exists()
    assert ReviewItem.objects.get(resolved_at__isnull=True).kind == Kind.FAILED_REFUND
    done = send_again(refund_no=refund.refund_no, person=person("han"), now=clock.now())
    assert done.state == RefundState.SUCCEEDED
    assert {number for call, number in alpha.calls if call == "refund"} == {refund.refund_no}
    assert alpha.collected() == 0


def test_a_refused_refund_is_not_given_up_when_the_channel_returned_it_after_all(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books
) -> None:
    refund = approved(payment, person)
    alpha.arm("refund", "refuse")
    send_approved(now=clock.now())
    refund = Refund.objects.select_related("attempt__account", "attempt__payment", "receipt").get(pk=refund.pk)
    channel_of(refund.attempt.account).refund(return_of(refund))  # an earlier request that was long on its way
    with pytest.raises(RefundNotWaiting):
        withdraw_refund(refund_no=refund.refund_no, person=person("li"), why="paid by hand", now=clock.now())
    assert Refund.objects.get(pk=refund.pk).state == RefundState.SUCCEEDED


def test_a_channel_that_says_it_returned_another_amount_is_not_asked_without_end(
    paid: Attempt, payment: Payment, person: Callable[[str], Any], alpha: Books, moved_clock: MovedClock
) -> None:
    refund = approved(payment, person)
    alpha.arm("refund", "timeout_after")
    send_approved(now=clock.now())
    alpha.trades[paid.attempt_no].refunds[refund.refund_no].amount = Money(1, "CNY")
    for _ in range(60):
        query_due(channel="alpha", now=moved_clock.forward(minutes=10))
    assert Refund.objects.get(pk=refund.pk).state == RefundState.UNKNOWN
    assert set(ReviewItem.objects.values_list("kind", flat=True)) == {Kind.CONTRADICTION, Kind.UNKNOWN_REFUND}


def test_a_refund_that_cannot_be_sent_holds_up_no_other(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    beta: Books,
    person: Callable[[str], Any],
) -> None:
    refunds = []
    for account, books in ((alpha_account, alpha), (beta_account, beta)):
        payment = new_payment()
        attempt = pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())
        books.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)
        refunds.append(approved(payment, person))
    alpha_account.sealed_settings, alpha_account.settings_version = "sealed with a lost key", 2
    alpha_account.save()
    send_approved(now=clock.now())
    states = [Refund.objects.get(pk=refund.pk).state for refund in refunds]
    assert states == [RefundState.SUBMITTED, RefundState.SUCCEEDED]
    assert PendingQuery.objects.get().refund_id == refunds[0].pk


def test_what_goes_back_of_a_code_that_two_people_paid_is_the_second_receipt(
    paid: Attempt, alpha_account: ChannelAccount, alpha: Books
) -> None:
    first, second = alpha.trades[paid.attempt_no].receipts, alpha.pay(paid.attempt_no, anyway=True)
    good = next(iter(first))
    fact = Fact(outcome=Outcome.PAID, attempt_no=paid.attempt_no, amount=paid.money, channel_trade_no=second)
    settle(fact=fact, source=FactSource.NOTIFICATION, account=alpha_account, now=clock.now())
    send_approved(now=clock.now())
    (back,) = alpha.trades[paid.attempt_no].refunds.values()
    assert (back.channel_trade_no, back.state) == (second, "RETURNED")
    assert Attempt.objects.get(pk=paid.pk).channel_trade_no == good

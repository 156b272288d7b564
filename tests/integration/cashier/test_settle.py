"""Settling: every fact through one door, once, whatever its order, number and source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cashier.channels.base import Fact, Outcome
from cashier.models import Attempt, ChannelAccount, ChannelFact, LedgerEntry, Payment, PendingQuery, Refund
from cashier.services.end_payment import cancel_payment, expire_due
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.services.settle import settle
from cashier.states import AttemptState, FactSource, PaymentState, RefundState, Verdict
from payhub import clock
from payhub.merchants.models import LatePaymentPolicy, Merchant
from payhub.money import Money
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Event
from payhub.review.models import Kind, ReviewItem
from tests.conftest import MovedClock
from tests.played.channel import METHODS, Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


def start(payment: Payment, account: ChannelAccount) -> Attempt:
    return pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())


def paid(attempt: Attempt, *, minor: int = 12_800, currency: str = "CNY", trade_no: str = "CH1") -> Fact:
    return Fact(
        outcome=Outcome.PAID,
        attempt_no=attempt.attempt_no,
        amount=Money(minor, currency),
        channel_trade_no=trade_no,
    )


def notified(fact: Fact, account: ChannelAccount) -> Verdict:
    return settle(fact=fact, source=FactSource.NOTIFICATION, account=account, now=clock.now()).verdict


def balances() -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in LedgerEntry.objects.order_by("id"):
        found[entry.account] = found.get(entry.account, 0) + entry.amount_minor
    return found


def test_a_success_pays_once_and_is_heard_once(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, heard: list[Any]
) -> None:
    attempt = start(payment, alpha_account)
    assert notified(paid(attempt), alpha_account) is Verdict.PAYS
    for _ in range(3):
        assert notified(paid(attempt), alpha_account) is Verdict.REPEATED
    again = Payment.objects.get(pk=payment.pk)
    assert (again.state, again.paid_by_id) == (PaymentState.PAID, attempt.pk)
    assert not PendingQuery.objects.exists()
    assert balances() == {"channel:lantern-alpha": 12_800, "merchant:lantern": -12_800}
    deliver_due(now=clock.now())
    assert [message.name for message in heard] == ["payment.paid"]
    assert not Refund.objects.exists()


def test_the_same_success_by_another_door_changes_nothing(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    attempt = start(payment, alpha_account)
    number = alpha.pay(attempt.attempt_no)
    notified(paid(attempt, trade_no=number), alpha_account)
    again = settle(fact=paid(attempt, trade_no=number), source=FactSource.QUERY, account=alpha_account, now=clock.now())
    assert again.verdict is Verdict.REPEATED
    assert Event.objects.count() == 1
    assert LedgerEntry.objects.count() == 2


def test_settling_a_success_takes_at_most_twelve_statements(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    attempt = start(payment, alpha_account)
    with CaptureQueriesContext(connection) as queries:
        notified(paid(attempt), alpha_account)
    told = [q["sql"] for q in queries.captured_queries if "SAVEPOINT" not in q["sql"]]
    assert len(told) <= 12, "\n".join(told)


@pytest.mark.parametrize(("minor", "currency"), [(12_799, "CNY"), (12_801, "CNY"), (1, "CNY"), (12_800, "USD")])
def test_a_wrong_amount_or_currency_pays_nothing_and_goes_back(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, minor: int, currency: str
) -> None:
    attempt = start(payment, alpha_account)
    assert notified(paid(attempt, minor=minor, currency=currency), alpha_account) is Verdict.SURPLUS_AMOUNT
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.OPEN
    refund = Refund.objects.get()
    assert (refund.amount_minor, refund.currency, refund.is_surplus) == (minor, currency, True)
    assert ReviewItem.objects.get().kind == Kind.AMOUNT_MISMATCH
    assert balances() == {"channel:lantern-alpha": minor, "surplus:lantern": -minor}
    right = start(payment, alpha_account)  # the shopper may still pay the right amount
    assert right.attempt_no != attempt.attempt_no


def test_a_second_success_goes_back_and_the_good_payment_is_untouched(
    merchant: Merchant, payment: Payment, alpha_account: ChannelAccount, beta_account: ChannelAccount
) -> None:
    merchant.double_payment_policy = "REFUND_EXTRA"
    merchant.save()
    first, second = start(payment, alpha_account), start(payment, beta_account)
    notified(paid(second), beta_account)
    assert Attempt.objects.get(pk=first.pk).state == AttemptState.CLOSING  # stopped as soon as one is paid
    assert notified(paid(first), alpha_account) is Verdict.SURPLUS_SECOND
    again = Payment.objects.get(pk=payment.pk)
    assert (again.state, again.paid_by_id) == (PaymentState.PAID, second.pk)
    refund = Refund.objects.get()
    assert (refund.attempt_id, refund.state) == (first.pk, RefundState.APPROVED)  # within the merchant's limit
    assert balances() == {
        "channel:lantern-alpha": 12_800,
        "channel:lantern-beta": 12_800,
        "merchant:lantern": -12_800,
        "surplus:lantern": -12_800,
    }


def test_surplus_above_the_limit_waits_for_a_person(
    merchant: Merchant, payment: Payment, alpha_account: ChannelAccount
) -> None:
    merchant.auto_refund_limit_minor = 100
    merchant.save()
    attempt = start(payment, alpha_account)
    cancel_payment(payment_id=payment.pk, actor="merchant", now=clock.now())
    query_attempt(attempt_no=attempt.attempt_no)
    notified(paid(attempt), alpha_account)
    assert Refund.objects.get().state == RefundState.REQUESTED


def test_one_code_paid_by_two_people_is_one_payment_and_one_return(
    payment: Payment, alpha_account: ChannelAccount
) -> None:
    attempt = start(payment, alpha_account)
    assert notified(paid(attempt, trade_no="CH1"), alpha_account) is Verdict.PAYS
    assert notified(paid(attempt, trade_no="CH2"), alpha_account) is Verdict.SURPLUS_SECOND
    assert notified(paid(attempt, trade_no="CH2"), alpha_account) is Verdict.REPEATED
    refund = Refund.objects.get()
    assert refund.receipt.channel_trade_no == "CH2"
    assert Attempt.objects.get(pk=attempt.pk).channel_trade_no == "CH1"


def test_a_second_receipt_told_by_two_doors_goes_back_once(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    attempt = start(payment, alpha_account)
    notified(paid(attempt, trade_no="CH1"), alpha_account)
    second = paid(attempt, trade_no="CH2")
    assert notified(second, alpha_account) is Verdict.SURPLUS_SECOND
    billed = settle(fact=second, source=FactSource.BILL, account=alpha_account, now=clock.now())
    assert billed.verdict is Verdict.REPEATED
    assert Refund.objects.count() == 1
    assert balances()["channel:lantern-alpha"] == 2 * 12_800


@pytest.mark.parametrize("end", ["FAILED", "CLOSED"])
def test_a_late_success_of_a_dead_attempt_still_pays_an_open_payment(
    payment: Payment, alpha_account: ChannelAccount, end: str
) -> None:
    attempt = start(payment, alpha_account)
    notified(Fact(outcome=Outcome(end), attempt_no=attempt.attempt_no), alpha_account)
    assert Attempt.objects.get(pk=attempt.pk).state == end
    assert notified(paid(attempt), alpha_account) is Verdict.PAYS
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID


@pytest.mark.parametrize("policy", list(LatePaymentPolicy))
def test_a_success_after_the_end_follows_the_late_policy(
    merchant: Merchant,
    payment: Payment,
    alpha_account: ChannelAccount,
    moved_clock: MovedClock,
    new_payment: Callable[..., Payment],
    policy: LatePaymentPolicy,
) -> None:
    merchant.late_payment_policy = policy
    merchant.save()
    payment = new_payment()
    attempt = start(payment, alpha_account)
    moved_clock.forward(minutes=31)
    assert expire_due(now=clock.now()) == 1
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.OPEN  # the channel is asked first
    query_attempt(attempt_no=attempt.attempt_no)
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.CLOSED
    verdict = notified(paid(attempt), alpha_account)
    taken = policy == LatePaymentPolicy.ACCEPT
    assert verdict is (Verdict.PAYS_LATE if taken else Verdict.SURPLUS_LATE)
    assert Payment.objects.get(pk=payment.pk).state == ("PAID" if taken else "CLOSED")
    assert Refund.objects.exists() is not taken


def test_a_wrong_amount_that_ends_the_last_attempt_ends_the_cancelled_payment(
    payment: Payment, alpha_account: ChannelAccount
) -> None:
    attempt = start(payment, alpha_account)
    cancel_payment(payment_id=payment.pk, actor="merchant", now=clock.now())
    assert notified(paid(attempt, minor=12_900), alpha_account) is Verdict.SURPLUS_AMOUNT
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.CLOSED


def test_a_cancelled_payment_takes_no_late_money_whatever_the_policy(
    merchant: Merchant, payment: Payment, alpha_account: ChannelAccount
) -> None:
    merchant.late_payment_policy = LatePaymentPolicy.ACCEPT
    merchant.save()
    attempt = start(payment, alpha_account)
    cancel_payment(payment_id=payment.pk, actor="merchant", now=clock.now())
    query_attempt(attempt_no=attempt.attempt_no)
    assert notified(paid(attempt), alpha_account) is Verdict.SURPLUS_LATE


def test_money_that_comes_while_the_payment_is_ending_still_pays(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    attempt = start(payment, alpha_account)
    cancel_payment(payment_id=payment.pk, actor="merchant", now=clock.now())
    alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID


def test_a_wrong_amount_does_not_hold_up_the_end_of_a_cancelled_payment(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books
) -> None:
    attempt = start(payment, alpha_account)
    cancel_payment(payment_id=payment.pk, actor="merchant", now=clock.now())
    assert notified(paid(attempt, minor=1), alpha_account) is Verdict.SURPLUS_AMOUNT
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.CLOSED
    assert Event.objects.filter(name="payment.closed").count() == 1


@pytest.mark.parametrize("end", [Outcome.FAILED, Outcome.CLOSED])
def test_nothing_takes_a_success_back(payment: Payment, alpha_account: ChannelAccount, end: Outcome) -> None:
    attempt = start(payment, alpha_account)
    notified(paid(attempt), alpha_account)
    assert notified(Fact(outcome=end, attempt_no=attempt.attempt_no), alpha_account) is Verdict.CONTRADICTS
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.SUCCEEDED
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID
    assert ReviewItem.objects.get().kind == Kind.CONTRADICTION


def test_another_amount_for_a_receipt_that_is_known_is_a_contradiction(
    payment: Payment, alpha_account: ChannelAccount
) -> None:
    attempt = start(payment, alpha_account)
    notified(paid(attempt, trade_no="CH1"), alpha_account)
    notified(paid(attempt, trade_no="CH2"), alpha_account)
    before = balances()
    for number in ("CH1", "CH2", ""):
        assert notified(paid(attempt, trade_no=number, minor=12_801), alpha_account) is Verdict.CONTRADICTS
        assert notified(paid(attempt, trade_no=number), alpha_account) is Verdict.REPEATED
    assert ReviewItem.objects.get(kind=Kind.CONTRADICTION).subject == f"attempt:{attempt.attempt_no}"
    assert (balances(), Refund.objects.count()) == (before, 1)


def test_a_number_that_the_channel_tells_later_makes_no_second_receipt(
    payment: Payment, alpha_account: ChannelAccount
) -> None:
    attempt = start(payment, alpha_account)
    assert notified(paid(attempt, trade_no=""), alpha_account) is Verdict.PAYS
    assert notified(paid(attempt, trade_no="CH1"), alpha_account) is Verdict.REPEATED
    assert not Refund.objects.exists()


def test_money_for_a_number_that_is_not_ours_is_kept_and_shown(alpha_account: ChannelAccount) -> None:
    fact = Fact(outcome=Outcome.PAID, attempt_no="A0NOTOURS", amount=Money(5, "CNY"), channel_trade_no="CH9")
    assert notified(fact, alpha_account) is Verdict.NOT_OURS
    assert notified(fact, alpha_account) is Verdict.NOT_OURS
    assert ChannelFact.objects.count() == 1
    assert ReviewItem.objects.get().kind == Kind.UNKNOWN_NUMBER
    assert balances() == {"channel:lantern-alpha": 5, "suspense": -5}


def test_money_that_is_not_ours_and_comes_by_two_doors_is_kept_once(alpha_account: ChannelAccount) -> None:
    fact = Fact(outcome=Outcome.PAID, attempt_no="NOTOURS", amount=Money(500, "CNY"), channel_trade_no="CH9")
    for source in (FactSource.NOTIFICATION, FactSource.BILL):
        assert settle(fact=fact, source=source, account=alpha_account, now=clock.now()).verdict is Verdict.NOT_OURS
    assert balances() == {"channel:lantern-alpha": 500, "suspense": -500}
    assert ReviewItem.objects.count() == 1


@pytest.mark.parametrize("text", ["zero\x00byte", "half \ud800 of a pair", "x" * 10_000])
@pytest.mark.parametrize("ours", [True, False])
def test_money_is_taken_in_whatever_text_comes_with_it(
    payment: Payment, alpha_account: ChannelAccount, text: str, *, ours: bool
) -> None:
    attempt = start(payment, alpha_account)
    fact = Fact(
        outcome=Outcome.PAID,
        attempt_no=attempt.attempt_no if ours else text,
        amount=attempt.money,
        channel_trade_no="CH1" + text,
        code=text,
        message=text,
        memo={text: text},
        raw={text: [text, {"in": text}]},
    )
    for _ in range(2):
        notified(fact, alpha_account)
    assert ChannelFact.objects.order_by("id")[0].verdict == (Verdict.PAYS if ours else Verdict.NOT_OURS)
    assert balances()["channel:lantern-alpha"] == 12_800


def test_one_account_cannot_speak_about_another_accounts_number(
    payment: Payment, alpha_account: ChannelAccount, beta_account: ChannelAccount
) -> None:
    attempt = start(payment, alpha_account)
    assert notified(paid(attempt), beta_account) is Verdict.NOT_OURS
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.OPEN


def test_not_paid_yet_and_no_answer_change_nothing(payment: Payment, alpha_account: ChannelAccount) -> None:
    attempt = start(payment, alpha_account)
    for outcome in (Outcome.IN_PROGRESS, Outcome.UNKNOWN, Outcome.NOT_FOUND, Outcome.REFUSED):
        fact = Fact(outcome=outcome, attempt_no=attempt.attempt_no)
        settled = settle(fact=fact, source=FactSource.QUERY, account=alpha_account, now=clock.now())
        assert settled.verdict is Verdict.STILL_OPEN
    again = Attempt.objects.get(pk=attempt.pk)
    assert (again.state, again.asked_count) == (AttemptState.PAYING, 4)


@pytest.mark.parametrize(
    ("hard_expiry", "verdict"),
    [(True, Verdict.FREES_CLOSED), (False, Verdict.STILL_OPEN)],
    ids=["keeps it", "does not"],
)
def test_our_deadline_ends_a_shown_code_only_where_the_channel_keeps_it(
    payment: Payment,
    alpha_account: ChannelAccount,
    moved_clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
    hard_expiry: bool,
    verdict: Verdict,
) -> None:
    monkeypatch.setitem(METHODS, "qr", replace(METHODS["qr"], hard_expiry=hard_expiry))
    attempt = start(payment, alpha_account)
    fact = Fact(outcome=Outcome.NOT_FOUND, attempt_no=attempt.attempt_no)
    moved_clock.at = attempt.expires_at + timedelta(seconds=59)
    assert (
        settle(fact=fact, source=FactSource.QUERY, account=alpha_account, now=clock.now()).verdict is Verdict.STILL_OPEN
    )
    moved_clock.forward(seconds=1)
    assert settle(fact=fact, source=FactSource.QUERY, account=alpha_account, now=clock.now()).verdict is verdict

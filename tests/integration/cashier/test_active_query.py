"""The payment centre asks by itself: on schedule, to a proven end, and never gives up silently."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cashier.models import Attempt, ChannelAccount, Payment, PendingQuery
from cashier.services import query
from cashier.services.channel_calls import channel_of
from cashier.services.end_payment import expire_due
from cashier.services.pay import Choice, pay
from cashier.services.query import query_due
from cashier.services.settle import settle
from cashier.states import AttemptState, FactSource, PaymentState
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.review.models import Kind, ReviewItem
from tests.conftest import MovedClock, open_account
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


def start(payment: Payment, account: ChannelAccount, method: str = "qr") -> Attempt:
    return pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method=method), now=clock.now())


def sweep_until(moved_clock: MovedClock, *, seconds: int, step: int = 1) -> list[int]:
    """Let the beat tick for so long; return the seconds at which the channel was asked."""
    asked = []
    for second in range(0, seconds, step):
        if query_due(channel="alpha", now=moved_clock()):
            asked.append(second)
        moved_clock.forward(seconds=step)
    return asked


def test_a_lost_notification_is_found_within_fifteen_seconds_whenever_the_shopper_pays(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    for after_s in (1, 7, 14, 29, 31, 65, 190, 600):
        payment = new_payment()
        attempt = start(payment, alpha_account)
        sweep_until(moved_clock, seconds=after_s)
        alpha.pay(attempt.attempt_no)
        sweep_until(moved_clock, seconds=15)
        assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID, f"paid after {after_s} s"


def test_the_first_query_comes_within_ten_seconds(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    start(payment, alpha_account, "page")
    assert sweep_until(moved_clock, seconds=35) == [10, 20, 30]


def test_an_unpaid_code_is_closed_at_its_deadline_and_proven_dead(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account)
    moved_clock.at = attempt.expires_at
    sweep_until(moved_clock, seconds=3)
    assert alpha.trades[attempt.attempt_no].state == "CLOSED"
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.CLOSED
    assert not PendingQuery.objects.exists()


def test_a_silent_channel_becomes_an_exception_with_an_owner_and_is_asked_on(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account)
    alpha.arm("query", "timeout_before", 500)
    alpha.arm("close", "timeout_before", 500)
    sweep_until(moved_clock, seconds=900, step=5)
    assert not ReviewItem.objects.exists()  # not before the deadline
    sweep_until(moved_clock, seconds=1500, step=5)
    lost = Attempt.objects.get(pk=attempt.pk)
    assert lost.state == AttemptState.UNKNOWN
    item = ReviewItem.objects.get()
    assert (item.kind, item.subject) == (Kind.UNKNOWN_PAYMENT, f"attempt:{attempt.attempt_no}")
    asked = lost.asked_count
    sweep_until(moved_clock, seconds=4000, step=60)
    assert Attempt.objects.get(pk=attempt.pk).asked_count > asked
    alpha.pay(attempt.attempt_no)  # it was paid all the while
    alpha.heal()
    sweep_until(moved_clock, seconds=2000, step=60)
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID
    assert ReviewItem.objects.get().resolved_at is not None


@pytest.mark.parametrize("paid", [True, False])
def test_an_exception_is_answered_whatever_way_the_end_is_found(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock, *, paid: bool
) -> None:
    """The channel speaks again: first "not paid yet", so that the attempt is CLOSING, then its end."""
    attempt = start(payment, alpha_account)
    alpha.arm("query", "timeout_before", 500)
    alpha.arm("close", "timeout_before", 500)
    sweep_until(moved_clock, seconds=2400, step=5)
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.UNKNOWN
    alpha.heal()
    alpha.arm("query", "lie", 2)
    alpha.arm("close", "timeout_before")
    if paid:
        alpha.pay(attempt.attempt_no, anyway=True)
    sweep_until(moved_clock, seconds=4000, step=100)
    assert Attempt.objects.get(pk=attempt.pk).state == ("SUCCEEDED" if paid else "CLOSED")
    assert ReviewItem.objects.get().resolved_at is not None


def test_unknown_never_lets_a_second_number_out(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account)
    alpha.arm("query", "timeout_before", 500)
    alpha.arm("close", "timeout_before", 500)
    sweep_until(moved_clock, seconds=1700, step=5)
    assert start(payment, alpha_account).attempt_no == attempt.attempt_no
    assert alpha.count("create") == 1


def test_a_channel_that_cannot_close_is_only_asked(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account, "bank")
    moved_clock.at = attempt.expires_at
    del alpha.trades[attempt.attempt_no]  # never touched by the payer
    sweep_until(moved_clock, seconds=90)
    assert alpha.count("close") == 0
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.CLOSED


def test_an_hours_stop_is_caught_up_with(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account)
    alpha.pay(attempt.attempt_no)
    moved_clock.forward(hours=1)
    sweep_until(moved_clock, seconds=1)
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID


def test_a_claimed_row_is_left_alone_until_its_lease_runs_out(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    start(payment, alpha_account)
    moved_clock.forward(seconds=5)

    def crash() -> None:
        raise KeyboardInterrupt

    alpha.before["query"] = crash
    with pytest.raises(KeyboardInterrupt):
        query_due(channel="alpha", now=clock.now())
    del alpha.before["query"]
    assert query_due(channel="alpha", now=moved_clock.forward(seconds=5)) == 0
    assert query_due(channel="alpha", now=moved_clock.forward(seconds=120)) == 1


def test_a_faulty_adapter_is_no_answer(
    payment: Payment, alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    attempt = start(payment, alpha_account)

    def fault() -> None:
        raise ZeroDivisionError

    alpha.before["query"] = fault
    assert query_due(channel="alpha", now=moved_clock.forward(seconds=6)) == 1
    again = Attempt.objects.get(pk=attempt.pk)
    assert (again.state, again.last_outcome) == (AttemptState.PAYING, "UNKNOWN")


def test_an_account_that_cannot_be_opened_costs_no_other_and_gets_an_owner(
    merchant: Merchant,
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    alpha: Books,
    moved_clock: MovedClock,
) -> None:
    other = Merchant.objects.create(code="other", name="Other", is_test=True, created_at=clock.now())
    lost = start(new_payment(merchant=other), open_account(other, "alpha"))
    payment = new_payment()
    attempt = start(payment, alpha_account)
    alpha.pay(attempt.attempt_no)
    ChannelAccount.objects.filter(merchant=other).update(sealed_settings="sealed with a lost key", settings_version=2)
    sweep_until(moved_clock, seconds=15)
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID
    sweep_until(moved_clock, seconds=4000, step=10)
    assert Attempt.objects.get(pk=lost.pk).state == AttemptState.UNKNOWN
    assert ReviewItem.objects.get().subject == f"attempt:{lost.attempt_no}"


def test_a_payment_whose_time_is_over_ends_when_the_channel_confirmed(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    untried, tried = new_payment(), new_payment()
    attempt = start(tried, alpha_account)
    moved_clock.at = tried.expires_at + timedelta(seconds=1)
    alpha.arm("query", "timeout_before")
    expire_due(now=clock.now())
    assert Payment.objects.get(pk=untried.pk).state == PaymentState.CLOSED
    sweep_until(moved_clock, seconds=1)
    assert Payment.objects.get(pk=tried.pk).state == PaymentState.OPEN
    sweep_until(moved_clock, seconds=30)
    assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.CLOSED
    assert Payment.objects.get(pk=tried.pk).state == PaymentState.CLOSED


def test_an_end_that_comes_just_before_the_question_costs_the_others_no_turn(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    alpha: Books,
    moved_clock: MovedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told, asked = start(new_payment(), alpha_account), start(new_payment(), alpha_account)
    for attempt in (told, asked):
        alpha.pay(attempt.attempt_no)
    prepare = query._prepare

    def prepare_late(row: PendingQuery) -> object:
        fact = alpha_channel.read_notification(alpha.notification(told.attempt_no))
        settle(fact=fact, source=FactSource.NOTIFICATION, account=alpha_account, now=clock.now())
        return prepare(row)

    alpha_channel = channel_of(alpha_account)
    monkeypatch.setattr(query, "_prepare", prepare_late)
    moved_clock.forward(seconds=10)
    assert query_due(channel="alpha", now=clock.now()) == 2
    assert Attempt.objects.get(pk=asked.pk).state == AttemptState.SUCCEEDED

"""Sixteen situations in which other payment systems lose or double money, by number and sentence.

Each ends in the channels' own books. (S13 and S14 are about bills.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from cashier.errors import AlreadyPaid, NothingToRefund
from cashier.models import Attempt, Payment, PendingQuery, Refund
from cashier.services.end_payment import expire_due
from cashier.services.query import query_attempt
from cashier.states import DEAD, AttemptState, PaymentState, RefundState
from payhub import tasks
from payhub.merchants.models import DoublePaymentPolicy, Merchant
from payhub.outbox.consumer import Message
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Event
from tests.played.oracle import faults, faults_once_quiet
from tests.played.world import World
from tests.race.conftest import Together

pytestmark = pytest.mark.django_db
STRICT, REFUND_EXTRA = DoublePaymentPolicy.STRICT, DoublePaymentPolicy.REFUND_EXTRA
both_policies = pytest.mark.parametrize("policy", [STRICT, REFUND_EXTRA])


@pytest.fixture
def under(make_world: Callable[[], World], merchant: Merchant) -> Callable[[DoublePaymentPolicy], World]:
    """Make the world under one policy."""
    row = Merchant.objects.filter(pk=merchant.pk)
    return lambda policy: (row.update(double_payment_policy=policy), make_world())[1]


def ends(world: World, *, charges: int, returned: int, paid: int = 1) -> None:
    """Let everything come to rest and compare with the channels' books."""
    assert faults(world.sides) == []
    world.comes_to_rest()
    assert faults_once_quiet(world.sides) == []
    trades = [booked for books in world.sides.values() for booked in books.trades.values()]
    assert sum(len(booked.receipts) for booked in trades) == charges
    assert sum(back.state == "RETURNED" for booked in trades for back in booked.refunds.values()) == returned
    assert Payment.objects.filter(state=PaymentState.PAID).count() == paid
    assert Event.objects.filter(name="payment.paid").count() == paid
    kept = {p.money.minor for p in Payment.objects.filter(state=PaymentState.PAID)}
    assert sum(books.collected() for books in world.sides.values()) == sum(kept)


# S1 -------------------------------------------------------------------------------------------------------------------


def test_s01_two_tabs_two_channels_both_paid_within_a_second_refund_extra(under: Callable[..., World]) -> None:
    world = under(REFUND_EXTRA)
    payment = world.opens_a_payment()
    first, second = world.clicks(payment.pk, "alpha"), world.clicks(payment.pk, "beta")
    news = [world.pays("alpha", first.attempt_no), world.pays("beta", second.attempt_no)]
    for one in reversed(news):
        world.notifies(one)
    assert Payment.objects.get().paid_by_id == second.pk
    ends(world, charges=2, returned=1)


def test_s01_two_tabs_two_channels_strict_shows_one_payable_code_only(under: Callable[..., World]) -> None:
    world = under(STRICT)
    payment = world.opens_a_payment()
    first, second = world.clicks(payment.pk, "alpha"), world.clicks(payment.pk, "beta")
    assert world.payable() == [("beta", second.attempt_no)]
    with pytest.raises(ValueError, match="cannot be paid"):
        world.pays("alpha", first.attempt_no)
    world.pays("beta", second.attempt_no)
    ends(world, charges=1, returned=0)


def test_s01_two_tabs_and_the_channel_lets_the_closed_code_be_paid_all_the_same(under: Callable[..., World]) -> None:
    world = under(STRICT)
    payment = world.opens_a_payment()
    first, second = world.clicks(payment.pk, "alpha"), world.clicks(payment.pk, "beta")
    news = [world.pays("alpha", first.attempt_no, again=True), world.pays("beta", second.attempt_no)]
    for one in news:
        world.notifies(one)
    assert Payment.objects.get().paid_by_id == first.pk
    ends(world, charges=2, returned=1)


# S2 -------------------------------------------------------------------------------------------------------------------


@both_policies
@pytest.mark.parametrize("swept_between", [True, False])
def test_s02_paid_a_second_before_the_end_and_told_half_a_minute_after_it(
    under: Callable[..., World], policy: DoublePaymentPolicy, *, swept_between: bool
) -> None:
    world = under(policy)
    payment = world.opens_a_payment(lifetime_s=600)
    attempt = world.clicks(payment.pk, "alpha")
    world.waits(599)
    news = world.pays("alpha", attempt.attempt_no)
    world.waits(1)
    assert expire_due(now=world.clock()) == 1
    assert Payment.objects.get().state == PaymentState.OPEN  # asked, not assumed
    if swept_between:
        world.sweeps("alpha")
    world.waits(30)
    world.notifies(news)
    assert Payment.objects.get().state == PaymentState.PAID
    ends(world, charges=1, returned=0)


# S3, S4 ---------------------------------------------------------------------------------------------------------------


def silent_until_minute_27(world: World) -> Attempt:
    """The channel takes the create, answers nothing, loses its notification, and names the success only later."""
    payment = world.opens_a_payment(lifetime_s=7_200)
    books = world.sides["alpha"]
    books.arm("create", "timeout_after")
    attempt = world.clicks(payment.pk, "alpha")
    world.waits(30)
    books.pay(attempt.attempt_no)
    books.arm("query", "lie", 1_000)
    books.arm("close", "timeout_before", 1_000)
    for _ in range(27):
        world.waits(58)
        world.beats()
        assert Attempt.objects.get(pk=attempt.pk).state not in DEAD
    return attempt


@both_policies
def test_s03_the_success_is_named_only_after_27_minutes(
    under: Callable[..., World], policy: DoublePaymentPolicy
) -> None:
    world = under(policy)
    attempt = silent_until_minute_27(world)
    assert PendingQuery.objects.filter(attempt=attempt).exists()
    ends(world, charges=1, returned=0)


def test_s04_the_payer_tries_again_at_minute_28_before_the_late_notification_strict(
    under: Callable[..., World],
) -> None:
    world = under(STRICT)
    attempt = silent_until_minute_27(world)
    world.waits(60)
    for channel in ("alpha", "beta"):
        assert world.clicks(attempt.payment_id, channel).attempt_no == attempt.attempt_no
    assert not world.sides["beta"].trades
    (number,) = world.sides["alpha"].trades[attempt.attempt_no].receipts
    world.bills("alpha", attempt.attempt_no)
    assert Attempt.objects.get(pk=attempt.pk).channel_trade_no == number
    ends(world, charges=1, returned=0)


def test_s04_the_payer_pays_again_at_minute_28_before_the_late_notification_refund_extra(
    under: Callable[..., World],
) -> None:
    world = under(REFUND_EXTRA)
    attempt = silent_until_minute_27(world)
    world.waits(60)
    second = world.clicks(attempt.payment_id, "beta")
    world.notifies(world.pays("beta", second.attempt_no))
    world.bills("alpha", attempt.attempt_no)
    assert Payment.objects.get().paid_by_id == second.pk
    ends(world, charges=2, returned=1)


# S5, S6, S7 -----------------------------------------------------------------------------------------------------------


@both_policies
def test_s05_no_sweep_runs_for_twenty_minutes(under: Callable[..., World], policy: DoublePaymentPolicy) -> None:
    world = under(policy)
    payment = world.opens_a_payment()
    attempt = world.clicks(payment.pk, "alpha")
    world.pays("alpha", attempt.attempt_no)
    world.waits(20 * 60)
    world.beats()
    assert Payment.objects.get().state == PaymentState.PAID
    ends(world, charges=1, returned=0)


@both_policies
def test_s06_every_query_meets_a_network_error_for_three_minutes(
    under: Callable[..., World], policy: DoublePaymentPolicy
) -> None:
    world = under(policy)
    payment = world.opens_a_payment()
    attempt = world.clicks(payment.pk, "alpha")
    world.pays("alpha", attempt.attempt_no)

    def broken_wire() -> None:
        raise ConnectionResetError

    world.sides["alpha"].before["query"] = broken_wire
    for _ in range(36):
        world.waits(5)
        world.beats()
        assert Attempt.objects.get().state == AttemptState.PAYING
    del world.sides["alpha"].before["query"]
    world.waits(15)
    world.beats()
    assert Payment.objects.get().state == PaymentState.PAID
    ends(world, charges=1, returned=0)


def test_s07_the_broker_is_away_at_the_moment_of_success(
    world: World, heard: list[Message], django_capture_on_commit_callbacks: Any
) -> None:
    payment = world.opens_a_payment()
    news = world.pays("alpha", world.clicks(payment.pk, "alpha").attempt_no)

    def away(*_: object) -> None:
        raise ConnectionRefusedError

    with tasks.replaced_by(away), django_capture_on_commit_callbacks(execute=True) as hints:
        world.notifies(news)
    assert hints
    assert heard == []
    deliver_due(now=world.clock())
    assert [message.name for message in heard] == ["payment.paid"]
    ends(world, charges=1, returned=0)


# S8 -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def together() -> Iterator[Together]:
    """Threads with a connection each."""
    it = Together()
    yield it
    it.close()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_s08_three_notifications_and_a_query_at_the_same_moment(
    world: World, heard: list[Message], together: Together
) -> None:
    for done in range(1, 11):
        payment = world.opens_a_payment()
        attempt = world.clicks(payment.pk, "alpha")
        news = world.pays("alpha", attempt.attempt_no)
        told = partial(world.posts, "alpha", world.sides["alpha"].notification(attempt.attempt_no))
        calls: list[Callable[[], object]] = [told, told, told, partial(query_attempt, attempt_no=attempt.attempt_no)]
        results = together.run(calls)
        assert [result for result in results[:3] if result != 200] == []
        assert not isinstance(results[3], Exception)
        assert Event.objects.count() == done
        world.news.remove(news)
    assert faults(world.sides) == []
    deliver_due(now=world.clock())
    assert len(heard) == 10


# S9 -------------------------------------------------------------------------------------------------------------------


@both_policies
def test_s09_the_failure_of_the_first_attempt_comes_after_the_success_of_the_second(
    under: Callable[..., World], policy: DoublePaymentPolicy
) -> None:
    world = under(policy)
    payment = world.opens_a_payment()
    first, second = world.clicks(payment.pk, "alpha"), world.clicks(payment.pk, "beta")
    world.notifies(world.pays("beta", second.attempt_no))
    world.sides["alpha"].trades[first.attempt_no].state = "DECLINED"
    world.beats()
    assert Attempt.objects.get(pk=first.pk).state in DEAD
    assert Payment.objects.get().paid_by_id == second.pk
    ends(world, charges=1, returned=0)


# S10 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reached_the_channel", [True, False])
def test_s10_a_refund_times_out_and_is_asked_for_again_two_hours_later(
    world: World, *, reached_the_channel: bool
) -> None:
    payment = world.opens_a_payment()
    world.notifies(world.pays("alpha", world.clicks(payment.pk, "alpha").attempt_no))
    books = world.sides["alpha"]
    books.arm("refund", "timeout_after" if reached_the_channel else "timeout_before")
    books.arm("query_refund", "timeout_before", 1_000)
    refund = world.asks_for_a_refund(payment.pk, 12_800)
    world.decides(refund.refund_no, "approve", 1)
    world.beats()
    for _ in range(24):
        world.waits(300)
        world.beats()
    with pytest.raises(NothingToRefund):
        world.asks_for_a_refund(payment.pk, 12_800)
    world.comes_to_rest()
    assert Refund.objects.get().state == RefundState.SUCCEEDED
    assert {number for call, number in books.calls if call == "refund"} == {refund.refund_no}
    assert books.collected() == 0
    assert faults_once_quiet(world.sides) == []


# S11 ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["not paid yet", "no such order"])
def test_s11_a_code_that_nobody_has_scanned_yet_is_asked_on_and_frees_nothing(world: World, answer: str) -> None:
    payment = world.opens_a_payment()
    attempt = world.clicks(payment.pk, "alpha")
    books = world.sides["alpha"]
    if answer == "no such order":
        books.arm("query", "not_found", 1_000)
    for _ in range(20):
        world.waits(42)
        world.beats()
        assert world.clicks(payment.pk, "alpha").attempt_no == attempt.attempt_no
    assert Attempt.objects.get().asked_count >= 20
    books.heal()
    world.pays("alpha", attempt.attempt_no)  # 14 minutes later somebody scans it
    world.waits(15)
    world.beats()
    assert Payment.objects.get().state == PaymentState.PAID
    ends(world, charges=1, returned=0)


# S12, S15 -------------------------------------------------------------------------------------------------------------


@both_policies
@pytest.mark.parametrize("told_second_first", [True, False])
def test_s12_one_code_paid_by_two_people(
    under: Callable[..., World], policy: DoublePaymentPolicy, *, told_second_first: bool
) -> None:
    world = under(policy)
    payment = world.opens_a_payment()
    attempt = world.clicks(payment.pk, "alpha")
    news = [world.pays("alpha", attempt.attempt_no), world.pays("alpha", attempt.attempt_no, again=True)]
    for one in reversed(news) if told_second_first else news:
        world.notifies(one, times=2)
    world.bills("alpha", attempt.attempt_no)
    ends(world, charges=2, returned=1)


@both_policies
def test_s15_the_return_of_a_duplicate_does_not_touch_the_good_order(
    under: Callable[..., World], policy: DoublePaymentPolicy, heard: list[Message]
) -> None:
    world = under(policy)
    payment = world.opens_a_payment()
    first = world.clicks(payment.pk, "alpha")
    second = world.clicks(payment.pk, "beta")
    good = world.pays("beta", second.attempt_no)
    world.notifies(good)
    world.notifies(world.pays("alpha", first.attempt_no, again=True))
    ends(world, charges=2, returned=1)
    assert Payment.objects.get().paid_by_id == second.pk
    assert not world.sides["beta"].trades[second.attempt_no].refunds
    told = {message.name: message.payload for message in heard}
    assert told["refund.succeeded"]["is_surplus"] is True
    assert set(told) == {"payment.paid", "payment.surplus", "refund.succeeded"}
    # All of the good payment can still be returned, as goods may come back: once.
    refund = world.asks_for_a_refund(payment.pk, 12_800)
    world.decides(refund.refund_no, "approve", 1)
    world.runs_until_quiet()
    assert faults_once_quiet(world.sides) == []
    assert sum(books.collected() for books in world.sides.values()) == 0


# S16 ------------------------------------------------------------------------------------------------------------------


@both_policies
@pytest.mark.parametrize("seen", [None, ""])
def test_s16_a_double_click_fifty_milliseconds_apart_without_javascript(
    under: Callable[..., World], policy: DoublePaymentPolicy, seen: str | None
) -> None:
    """The second click arrives while the first one's call is on its way; then both again, after the payment."""
    world = under(policy)
    payment = world.opens_a_payment()
    given: list[str] = []

    def second_click() -> None:
        world.clock.forward(milliseconds=50)
        given.append(world.clicks(payment.pk, "alpha", seen=seen).attempt_no)

    world.interferes("alpha", "create", second_click)
    shown = world.clicks(payment.pk, "alpha", seen=seen)
    assert given == [shown.attempt_no]
    assert (world.sides["alpha"].count("create"), Attempt.objects.count()) == (1, 1)
    world.notifies(world.pays("alpha", shown.attempt_no))
    for _ in range(2):
        with pytest.raises(AlreadyPaid):
            world.clicks(payment.pk, "alpha", seen=seen)
    ends(world, charges=1, returned=0)

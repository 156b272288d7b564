"""A machine that does anything in any order, and compares payhub with the channels' books after every step.

At the end everything is healed and the beat ticks until nothing is due: then every receipt must be known but those
of numbers that the channel had called dead or paid. The day's bill names these too, and then every receipt must have
exactly one end. `make proofs` runs the long profile.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import transaction  # noqa: TID251 - each example is rolled back like a test of its own
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cashier.channels.base import PresentationKind
from cashier.errors import AlreadyPaid
from cashier.models import Attempt, ChannelAccount, Payment, Refund
from cashier.services.query import check_attempt
from cashier.services.refund import refundable
from cashier.states import PaymentState, RefundState
from payhub.merchants.models import DoublePaymentPolicy, LatePaymentPolicy, Merchant
from tests.conftest import MovedClock, play_channel
from tests.played import listener
from tests.played.channel import Call, Fault, Killed
from tests.played.oracle import faults, faults_once_quiet
from tests.played.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard"), pytest.mark.timeout(900)]

EXAMPLES, STEPS = (500, 50) if os.environ.get("HYPOTHESIS_PROFILE") == "long" else (40, 30)
PROFILE = hypothesis_settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
)

CHANNELS = st.sampled_from(["alpha", "beta"])
METHODS = st.sampled_from(["qr", "qr", "page", "bank"])
WHICH = st.integers(0, 30)
CALLS: st.SearchStrategy[Call] = st.sampled_from(["create", "query", "close", "refund", "query_refund"])
FAULTS: st.SearchStrategy[Fault] = st.sampled_from(
    ["timeout_before", "timeout_after", "refuse", "not_found", "lie", "crash_after"]
)
JUMPS_S = st.sampled_from([1, 5, 14, 16, 61, 300, 901, 1801, 7200, 86_400])


class Machine(RuleBasedStateMachine):
    """Shoppers, channels, staff and the beat, in any order."""

    make_world: Callable[[], World]

    def __init__(self) -> None:
        super().__init__()
        self._example = transaction.atomic()
        self._example._from_testcase = True  # type: ignore[attr-defined]
        self._example.__enter__()
        self.world = self.make_world()

    def teardown(self) -> None:
        """Heal everything and let it come to rest; then roll the example back."""
        try:
            if sys.exc_info()[0] is None:
                self.world.comes_to_rest()
                assert faults_once_quiet(self.world.sides) == []
                assert self.world.paid_payments_that_went_back() == []
        finally:
            transaction.set_rollback(True)
            self._example.__exit__(None, None, None)

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert faults(self.world.sides) == []
        assert self.world.paid_payments_that_went_back() == []

    # What there is ------------------------------------------------------------------------------------------------

    @initialize(
        policy=st.sampled_from(DoublePaymentPolicy.values),
        late=st.sampled_from(LatePaymentPolicy.values),
        limit=st.sampled_from([0, 50_000]),
    )
    def the_merchant_chooses(self, policy: str, late: str, limit: int) -> None:
        Merchant.objects.filter(pk=self.world.merchant.pk).update(
            double_payment_policy=policy, late_payment_policy=late, auto_refund_limit_minor=limit
        )
        self.world.opens_a_payment()

    @precondition(lambda self: len(self.world.payments) < 3)
    @rule(lifetime_s=st.sampled_from([60, 1800]))
    def another_payment_is_opened(self, lifetime_s: int) -> None:
        self.world.opens_a_payment(lifetime_s=lifetime_s)

    def _one(self, which: int) -> int:
        return self.world.payments[which % len(self.world.payments)]

    # Shoppers -----------------------------------------------------------------------------------------------------

    @rule(which=WHICH, channel=CHANNELS, method=METHODS)
    def a_shopper_clicks(self, which: int, channel: str, method: str) -> None:
        payment_id = self._one(which)
        with self.world.tolerates_refusals():
            try:
                attempt = self.world.clicks(payment_id, channel, method)
            except AlreadyPaid:
                assert Payment.objects.get(pk=payment_id).state == PaymentState.PAID
                raise
            assert attempt.payment_id == payment_id
            assert attempt.presentation_kind in {"", *PresentationKind}

    @rule(which=WHICH, channel=CHANNELS, method=METHODS)
    def a_shopper_pays_again(self, which: int, channel: str, method: str) -> None:
        with self.world.tolerates_refusals():
            self.world.pays_again(self._one(which), channel, method)

    @rule(which=WHICH)
    def a_shopper_says_that_they_paid(self, which: int) -> None:
        attempts = Attempt.objects.order_by("id")
        if attempts:
            with self.world.tolerates_refusals():
                check_attempt(attempt_no=attempts[which % len(attempts)].attempt_no, now=self.world.clock())

    @rule(
        which=WHICH, minor=st.sampled_from([None, None, None, 12_799, 1]), currency=st.sampled_from([None, None, "USD"])
    )
    def a_shopper_pays(self, which: int, minor: int | None, currency: str | None) -> None:
        payable = self.world.payable()
        if payable:
            self.world.pays(*payable[which % len(payable)], minor=minor, currency=currency)

    @precondition(lambda self: self.world.trades())
    @rule(which=WHICH)
    def the_channel_lets_a_dead_or_paid_code_be_paid(self, which: int) -> None:
        trades = self.world.trades()
        self.world.pays(*trades[which % len(trades)], again=True)

    @rule(which=WHICH)
    def the_channel_declines(self, which: int) -> None:
        payable = self.world.payable()
        if payable:
            channel, number = payable[which % len(payable)]
            self.world.sides[channel].trades[number].state = "DECLINED"

    # The channel's messages ---------------------------------------------------------------------------------------

    @precondition(lambda self: self.world.news)
    @rule(which=WHICH, times=st.sampled_from([1, 1, 2]))
    def a_notification_arrives(self, which: int, times: int) -> None:
        self.world.notifies(self.world.news[which % len(self.world.news)], times)

    @precondition(lambda self: self.world.news)
    @rule(which=WHICH)
    def a_notification_is_lost(self, which: int) -> None:
        del self.world.news[which % len(self.world.news)]

    @precondition(lambda self: self.world.trades())
    @rule(which=WHICH)
    def the_bill_names_a_trade(self, which: int) -> None:
        trades = self.world.trades()
        self.world.bills(*trades[which % len(trades)])

    @precondition(lambda self: self.world.trades())
    @rule(which=WHICH)
    def somebody_forges_a_notification(self, which: int) -> None:
        trades = self.world.trades()
        assert self.world.forges(*trades[which % len(trades)]) == 401

    # Time and the beat --------------------------------------------------------------------------------------------

    @rule(seconds=JUMPS_S)
    def time_passes(self, seconds: int) -> None:
        self.world.waits(seconds)

    @rule(channel=CHANNELS)
    def the_beat_asks_a_channel(self, channel: str) -> None:
        with self.world.tolerates_refusals():
            self.world.sweeps(channel)

    @rule()
    def every_sweep_runs(self) -> None:
        with self.world.tolerates_refusals():
            self.world.beats()

    # What goes wrong ----------------------------------------------------------------------------------------------

    @rule(channel=CHANNELS, call=CALLS, fault=FAULTS, times=st.integers(1, 3))
    def the_channel_will_fail(self, channel: str, call: Call, fault: Fault, times: int) -> None:
        self.world.sides[channel].arm(call, fault, times)

    @rule()
    def the_channels_are_well_again(self) -> None:
        for books in self.world.sides.values():
            books.heal()

    @rule(channel=CHANNELS, call=CALLS)
    def the_process_will_die(self, channel: str, call: Call) -> None:
        books = self.world.sides[channel]

        def die() -> None:
            del books.before[call]
            raise Killed

        books.before[call] = die

    @rule(
        channel=CHANNELS,
        call=CALLS,
        what=st.sampled_from(["pay", "click", "cancel", "wait", "sweep", "notify"]),
        which=WHICH,
    )
    def something_happens_during_a_call(self, channel: str, call: Call, what: str, which: int) -> None:
        self.world.interferes(channel, call, partial(self._meanwhile, what, which))

    def _meanwhile(self, what: str, which: int) -> None:
        world, payment_id = self.world, self._one(which)
        payable = world.payable() if what == "pay" else []
        happens: dict[str, Callable[[], object]] = {
            "pay": lambda: world.pays(*payable[which % len(payable)]) if payable else None,
            "click": lambda: world.clicks(payment_id, ("alpha", "beta")[which % 2]),
            "cancel": lambda: world.cancels(payment_id),
            "wait": lambda: world.waits(16),
            "sweep": world.beats,
            "notify": lambda: world.notifies(world.news[which % len(world.news)]) if world.news else None,
        }
        happens[what]()

    # Ends and refunds ---------------------------------------------------------------------------------------------

    @rule(which=WHICH)
    def the_merchant_cancels(self, which: int) -> None:
        self.world.cancels(self._one(which))

    @rule(which=WHICH, part=st.sampled_from([1, 2, 3]))
    def somebody_asks_for_a_refund(self, which: int, part: int) -> None:
        payment = Payment.objects.get(pk=self._one(which))
        if payment.paid_by is not None and payment.paid_by.proof is not None:
            left = refundable(payment.paid_by.proof).minor
            with self.world.tolerates_refusals():
                self.world.asks_for_a_refund(payment.pk, left // part)

    @rule(
        which=WHICH,
        how=st.sampled_from(["approve", "approve", "reject", "withdraw", "again"]),
        person=st.integers(0, 3),
    )
    def somebody_decides(self, which: int, how: str, person: int) -> None:
        waiting = list(Refund.objects.filter(state__in=[RefundState.REQUESTED, RefundState.FAILED]).order_by("id"))
        if waiting:
            with self.world.tolerates_refusals():
                self.world.decides(waiting[which % len(waiting)].refund_no, how, person)

    @rule(final=st.booleans())
    def refunds_take_their_time(self, final: bool) -> None:
        for books in self.world.sides.values():
            books.refunds_are_final = final

    @rule(which=WHICH, end=st.sampled_from(["RETURNED", "REFUSED"]), tells=st.booleans())
    def the_channel_ends_a_refund(self, which: int, end: Any, tells: bool) -> None:
        booked = [r for c, n in self.world.trades() for r in self.world.sides[c].trades[n].refunds.values()]
        open_ones = [refund for refund in booked if refund.state == "ACCEPTED"]
        if open_ones:
            open_ones[which % len(open_ones)].state = end
        if tells:
            self.world.notifies_of_returns()


def test_whatever_happens_in_whatever_order_no_money_is_lost_doubled_or_invented(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    moved_clock: MovedClock,
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
) -> None:
    settings.QUERY_THREADS = 1  # one after the other, so that a failing example is the same every time
    begin = moved_clock()

    def new_world() -> World:
        moved_clock.at = begin
        listener.taken.clear()
        sides = {code: play_channel(monkeypatch, code, letter) for code, letter in (("alpha", "X"), ("beta", "Y"))}
        accounts = {"alpha": alpha_account, "beta": beta_account}
        return World(merchant=alpha_account.merchant, accounts=accounts, sides=sides, clock=moved_clock)

    class Here(Machine):
        make_world = staticmethod(new_world)

    run_state_machine_as_test(Here, settings=PROFILE)

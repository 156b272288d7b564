"""A channel that fails or hangs is kept away from new attempts and holds up nobody else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cashier.errors import ChannelBusy, ChannelDown
from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services import breaker
from cashier.services.breaker import BROKEN_FOR_S, FAILURES_IN_A_ROW, slot
from cashier.services.pay import Choice, pay
from cashier.services.query import query_due
from cashier.states import PaymentState
from payhub import clock
from tests.conftest import MovedClock
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


def start(payment: Payment, account: ChannelAccount) -> Attempt:
    return pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())


def test_a_silent_channel_is_broken_off_and_tried_again_later(
    new_payment: Callable[..., Payment],
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    moved_clock: MovedClock,
) -> None:
    alpha.arm("create", "timeout_before", FAILURES_IN_A_ROW)
    for _ in range(FAILURES_IN_A_ROW):
        start(new_payment(), alpha_account)
    waiting = new_payment()
    with pytest.raises(ChannelDown):
        start(waiting, alpha_account)
    assert not Attempt.objects.filter(payment=waiting).exists()
    assert start(waiting, beta_account).presentation_kind  # the others are not touched
    moved_clock.forward(seconds=BROKEN_FOR_S)
    assert start(new_payment(), alpha_account).presentation_kind
    assert ChannelAccount.objects.get(pk=alpha_account.pk).failures == 0


def test_failures_that_are_not_in_a_row_break_nothing_off(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, alpha: Books
) -> None:
    for _ in range(2 * FAILURES_IN_A_ROW):
        alpha.arm("create", "timeout_before")
        start(new_payment(), alpha_account)
        start(new_payment(), alpha_account)
    assert ChannelAccount.objects.get(pk=alpha_account.pk).broken_until is None


def test_what_was_begun_is_still_asked_about_while_the_channel_is_broken_off(
    new_payment: Callable[..., Payment], alpha_account: ChannelAccount, alpha: Books, moved_clock: MovedClock
) -> None:
    payment = new_payment()
    attempt = start(payment, alpha_account)
    alpha.pay(attempt.attempt_no)
    alpha.arm("create", "timeout_before", FAILURES_IN_A_ROW)
    for _ in range(FAILURES_IN_A_ROW):
        start(new_payment(), alpha_account)
    query_due(channel="alpha", now=moved_clock.forward(seconds=10))
    assert Payment.objects.get(pk=payment.pk).state == PaymentState.PAID


def test_a_click_that_finds_no_slot_starts_nothing(
    payment: Payment, alpha_account: ChannelAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breaker, "WAIT_FOR_SLOT_S", 0.01)
    held = [slot("alpha") for _ in range(breaker.SLOTS)]
    for one in held:
        one.__enter__()
    try:
        with pytest.raises(ChannelBusy):
            start(payment, alpha_account)
    finally:
        for one in held:
            one.__exit__(None, None, None)
    assert not Attempt.objects.exists()
    assert start(payment, alpha_account).presentation_kind

"""Cancelling: at once when nobody can pay any more, else when the channel says so; never against money."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.errors import TooLateToCancel
from orders.models import Order
from orders.services.cancel import cancel
from orders.services.submit import Draft, submit
from payhub import clock
from payhub.outbox.deliver import deliver_due
from payhub.trail.record import story
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.fixture
def order(draft: Draft) -> Order:
    return submit(draft=draft, now=clock.now()).order


def start_to_pay(account: ChannelAccount) -> Attempt:
    choice = Choice(account_id=account.pk, method="qr")
    return pay(payment_id=Payment.objects.get().pk, choice=choice, now=clock.now())


def test_an_order_that_nobody_tried_to_pay_is_cancelled_at_once(order: Order) -> None:
    assert cancel(order=order, actor="shopper", now=clock.now()).state == "CANCELLED"
    assert Payment.objects.get().state == "CLOSED"
    deliver_due(now=clock.now())  # the event comes as well, and changes nothing
    assert [line.action for line in story([order.subject])] == ["order.submitted", "order.cancelled"]


def test_cancelling_again_changes_nothing(order: Order) -> None:
    for _ in range(2):
        assert cancel(order=order, actor="shopper", now=clock.now()).state == "CANCELLED"


def test_an_order_with_a_code_shown_is_cancelled_when_the_channel_has_closed_it(
    order: Order, alpha_account: ChannelAccount
) -> None:
    attempt = start_to_pay(alpha_account)
    assert cancel(order=order, actor="shopper", now=clock.now()).state == "AWAITING_PAYMENT"
    query_attempt(attempt_no=attempt.attempt_no)
    deliver_due(now=clock.now())
    assert Order.objects.get().state == "CANCELLED"


def test_money_that_was_quicker_pays_the_order(order: Order, alpha: Books, alpha_account: ChannelAccount) -> None:
    attempt = start_to_pay(alpha_account)
    alpha.pay(attempt.attempt_no)
    assert cancel(order=order, actor="shopper", now=clock.now()).state == "AWAITING_PAYMENT"
    query_attempt(attempt_no=attempt.attempt_no)
    deliver_due(now=clock.now())
    assert Order.objects.get().state == "PAID"


def test_a_paid_order_cannot_be_cancelled(order: Order, collect_money: Callable[[Order], Attempt]) -> None:
    collect_money(order)  # and the order has not been told yet
    with pytest.raises(TooLateToCancel):
        cancel(order=order, actor="shopper", now=clock.now())
    assert Order.objects.get().state == "PAID"


def test_an_order_whose_payment_was_never_opened_can_be_cancelled(order: Order) -> None:
    with connection.cursor() as cursor:  # as a crash between the two transactions leaves it
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM cashier_payment")
        cursor.execute("SET session_replication_role = DEFAULT")
    assert cancel(order=order, actor="shopper", now=clock.now()).state == "CANCELLED"

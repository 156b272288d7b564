"""The same goods again within two hours: a paid order may be followed by another, an unsettled one may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.conf import LazySettings

from cashier.models import Attempt
from orders.errors import AlreadyOrdered
from orders.models import Order
from orders.services.cancel import cancel
from orders.services.submit import Draft, submit
from payhub import clock
from payhub.outbox.deliver import deliver_due
from tests.conftest import MovedClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.fixture
def earlier(draft: Draft, moved_clock: MovedClock, settings: LazySettings) -> Order:
    """The same goods, ordered some minutes ago."""
    order = submit(draft=draft, now=clock.now()).order
    moved_clock.forward(minutes=5)
    return order


def test_an_order_whose_payment_is_not_settled_cannot_be_overridden(draft: Draft, earlier: Order) -> None:
    for wish in (draft, replace(draft, again_after=earlier.order_no)):
        with pytest.raises(AlreadyOrdered) as refusal:
            submit(draft=wish, now=clock.now())
        assert (refusal.value.order_no, refusal.value.token) == (earlier.order_no, earlier.token)
    assert Order.objects.count() == 1


def test_a_paid_order_is_asked_about_and_may_be_followed_by_another(
    draft: Draft, earlier: Order, collect_money: Callable[[Order], Attempt]
) -> None:
    collect_money(earlier)
    deliver_due(now=clock.now())
    with pytest.raises(AlreadyOrdered):
        submit(draft=draft, now=clock.now())
    again = replace(draft, again_after=earlier.order_no)
    first, second = submit(draft=again, now=clock.now()), submit(draft=again, now=clock.now())
    assert first.is_new
    assert second.order.order_no == first.order.order_no  # "once more" clicked twice is once more, once
    assert Order.objects.count() == 2


def test_once_more_within_seconds_of_the_first_is_still_another_order(
    draft: Draft, collect_money: Callable[[Order], Attempt]
) -> None:
    first = submit(draft=draft, now=clock.now()).order
    collect_money(first)
    deliver_due(now=clock.now())
    assert submit(draft=replace(draft, again_after=first.order_no), now=clock.now()).is_new


def test_to_have_seen_one_earlier_order_is_not_to_have_seen_the_next(
    draft: Draft, earlier: Order, collect_money: Callable[[Order], Attempt], moved_clock: MovedClock
) -> None:
    collect_money(earlier)
    deliver_due(now=clock.now())
    second = submit(draft=replace(draft, again_after=earlier.order_no), now=clock.now()).order
    collect_money(second)
    deliver_due(now=clock.now())
    moved_clock.forward(minutes=1)
    with pytest.raises(AlreadyOrdered):
        submit(draft=replace(draft, again_after=earlier.order_no), now=clock.now())


def test_an_order_that_ended_unpaid_stands_in_nobodys_way(draft: Draft, earlier: Order) -> None:
    cancel(order=earlier, actor="shopper", now=clock.now())
    assert submit(draft=draft, now=clock.now()).is_new


def test_after_two_hours_nobody_is_asked(
    draft: Draft, earlier: Order, moved_clock: MovedClock, collect_money: Callable[[Order], Attempt]
) -> None:
    collect_money(earlier)
    deliver_due(now=clock.now())
    moved_clock.forward(hours=2)
    assert submit(draft=draft, now=clock.now()).is_new

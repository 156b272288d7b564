"""Returning money: once, whatever happens on the way."""

from __future__ import annotations

from cashier.channels.base import Outcome
from tests.channels.contract.live.cases import AFTER, ALL, BEFORE, STRIPE, of, with_faults
from tests.channels.live_side import Live
from tests.sandbox.server import wait_for

TAKEN = {Outcome.IN_PROGRESS, Outcome.PAID}


@with_faults(AFTER, *ALL)
def test_a_refund_that_worked_without_a_good_answer_returns_the_money_once(live: Live, fault: str) -> None:
    live.paid().arm(fault, "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.refund(order).outcome in TAKEN | {Outcome.UNKNOWN}  # a duplicate, at UnionPay
    assert live.refunded(order).amount == order.amount
    (line,) = live.books()
    assert line["returned_minor"] == order.amount.minor


@with_faults(BEFORE, *ALL)
def test_a_refund_that_did_not_work_is_unknown_and_works_with_the_same_number(live: Live, fault: str) -> None:
    live.paid().arm(fault, "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.query_refund(order).outcome is Outcome.NOT_FOUND
    if (live.code, fault) == ("stripe", "system_error"):
        # Stripe repeats the failure as long as it keeps the key; another key could return the money twice.
        assert live.channel.refund(order).outcome is Outcome.UNKNOWN
        live.sandbox.post("/clock", advance_s=25 * 3600)
    wait_for(lambda: live.channel.refund(order).outcome in TAKEN)  # Stripe refuses while the first call still runs
    assert live.refunded(order).amount == order.amount
    assert [line["returned_minor"] for line in live.books()] == [order.amount.minor]


@of(*ALL)
def test_a_refund_that_arrives_twice_returns_the_money_once(live: Live) -> None:
    live.paid().arm("double_submit", "refund")
    order = live.order()
    assert live.channel.refund(order).outcome in TAKEN | {Outcome.UNKNOWN}  # "a repeat", at UnionPay
    assert live.refunded(order).amount == order.amount
    assert [line["returned_minor"] for line in live.books()] == [order.amount.minor]


@with_faults([*AFTER, *BEFORE], *ALL)
def test_a_refund_query_without_a_good_answer_is_unknown(live: Live, fault: str) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    live.refunded(order)
    live.arm(fault, "refund_query")
    assert live.channel.query_refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.query_refund(order).outcome is Outcome.PAID


@of(*ALL)
def test_a_refund_above_what_was_paid_returns_nothing(live: Live) -> None:
    live.paid()
    assert live.channel.refund(live.order(minor=1231)).outcome not in TAKEN
    assert [line["returned_minor"] for line in live.books()] == [0]


@of(STRIPE)
def test_a_refund_whose_key_stripe_has_forgotten_is_not_made_twice(live: Live) -> None:
    live.paid().arm("timeout_after", "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    live.sandbox.post("/clock", advance_s=25 * 3600)
    assert live.channel.refund(order).outcome is Outcome.PAID
    assert [line["returned_minor"] for line in live.books()] == [order.amount.minor]

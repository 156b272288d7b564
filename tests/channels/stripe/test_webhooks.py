"""Stripe: events are believed when they are signed, fresh, of our mode, and about something of ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cashier.channels.base import Notification, NotificationRefused, Outcome, Refusal
from payhub.money import Money
from tests.channels.changed import each_byte_changed, each_character_changed
from tests.channels.counterparts.stripe import INTENT, StripeSide


@pytest.fixture
def side() -> StripeSide:
    return StripeSide()


def _refused(side: StripeSide, notification: Notification) -> Refusal:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(notification)
    return refused.value.code


def test_one_changed_byte_of_an_event_is_enough_to_refuse_it(side: StripeSide) -> None:
    good = side.notification("paid")
    for body in each_byte_changed(good.body):
        assert _refused(side, replace(good, body=body)) == "bad_signature"


def test_one_changed_character_of_time_or_signature_is_enough_to_refuse_it(side: StripeSide) -> None:
    good = side.notification("paid")
    header = good.headers["stripe-signature"]
    until = header.index(",v0")
    for changed in each_character_changed(header[:until]):
        _refused(side, replace(good, headers={"stripe-signature": changed + header[until:]}))


@pytest.mark.parametrize("seconds", [300, -300, 86400, -86400])
def test_an_event_of_the_past_or_the_future_is_stale(side: StripeSide, seconds: int) -> None:
    notification = side.notification("paid")
    side.clock.time += timedelta(seconds=seconds)
    assert _refused(side, notification) == "stale"


def test_while_the_secret_is_changed_either_signature_will_do(side: StripeSide) -> None:
    good = side.notification("paid")
    time, ours, _ = good.headers["stripe-signature"].split(",")
    both = f"{time},v1={'0' * 64},{ours}"
    assert side.channel.read_notification(replace(good, headers={"stripe-signature": both})).outcome is Outcome.PAID


@pytest.mark.parametrize("header", ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=é", "t,v1"])
def test_a_header_of_another_shape_is_refused(side: StripeSide, header: str) -> None:
    assert _refused(side, replace(side.notification("paid"), headers={"stripe-signature": header})) in {
        "unsigned",
        "bad_signature",
    }


def test_a_header_with_something_behind_its_time_is_read_as_it_was_verified(side: StripeSide) -> None:
    good = side.notification("paid")
    odd = good.headers["stripe-signature"].replace(",v1", "=9,v1", 1)
    assert side.channel.read_notification(replace(good, headers={"stripe-signature": odd})).outcome is Outcome.PAID


def test_a_live_event_does_not_count_at_a_test_account_nor_the_other_way_round(side: StripeSide) -> None:
    assert (
        _refused(side, side.event("checkout.session.completed", side.session("paid"), livemode=True)) == "other_account"
    )
    side.channel = side.opened(secret_key="sk_live_" + "0" * 24)
    assert _refused(side, side.notification("paid")) == "other_account"


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("payout.paid", {"object": "payout", "id": "po_1"}),
        ("checkout.session.completed", {"object": "checkout.session", "metadata": {}}),
        ("payment_intent.succeeded", {"object": "payment_intent", "metadata": None}),
        ("refund.created", {"object": "refund", "metadata": {"attempt_no": "A1"}}),
        ("charge.refunded", {"object": "charge", "metadata": {"attempt_no": "A1", "refund_no": "R1"}}),
    ],
)
def test_a_true_event_that_is_not_about_us_is_refused_but_not_asked_for_again(
    side: StripeSide, kind: str, thing: dict[str, Any]
) -> None:
    code = _refused(side, side.event(kind, thing))
    assert code == "unknown_event"
    assert side.channel.refuse(code).status == 200
    assert side.channel.refuse(Refusal.BAD_SIGNATURE).status == 400


def test_an_event_without_an_object_is_malformed(side: StripeSide) -> None:
    assert _refused(side, side.event("checkout.session.completed", {}, data=None)) == "malformed"


@pytest.mark.parametrize(
    ("kind", "what", "outcome"),
    [
        ("checkout.session.completed", "paid", Outcome.PAID),
        ("checkout.session.completed", "delayed", Outcome.IN_PROGRESS),
        ("checkout.session.async_payment_succeeded", "paid", Outcome.PAID),
        ("checkout.session.async_payment_failed", "delayed", Outcome.FAILED),
        ("checkout.session.async_payment_failed", "paid", Outcome.PAID),
        ("checkout.session.expired", "closed", Outcome.CLOSED),
    ],
)
def test_an_event_about_a_session_says_what_became_of_it(
    side: StripeSide, kind: str, what: str, outcome: Outcome
) -> None:
    fact = side.channel.read_notification(side.event(kind, side.session(what)))
    assert (fact.outcome, fact.attempt_no) == (outcome, side.trade.attempt_no)


def test_the_intents_own_event_gives_the_same_fact_as_the_sessions(side: StripeSide) -> None:
    intent = {
        "id": INTENT,
        "object": "payment_intent",
        "status": "succeeded",
        "amount_received": 1230,
        "currency": "usd",
        "metadata": {"attempt_no": side.trade.attempt_no},
    }
    one = side.channel.read_notification(side.event("payment_intent.succeeded", intent))
    other = side.channel.read_notification(side.notification("paid"))
    assert (one.outcome, one.attempt_no, one.amount, one.channel_trade_no) == (
        other.outcome,
        other.attempt_no,
        other.amount,
        other.channel_trade_no,
    )


def test_a_failed_refund_is_told(side: StripeSide) -> None:
    refund = side.refund_data("failed") | {"failure_reason": "lost_or_stolen_card"}
    fact = side.channel.read_notification(side.event("refund.failed", refund))
    assert (fact.outcome, fact.refund_no, fact.message) == (
        Outcome.FAILED,
        side.order.refund_no,
        "lost_or_stolen_card",
    )


def test_a_currency_that_payhub_does_not_know_is_refused(side: StripeSide) -> None:
    assert _refused(side, side.notification("paid", currency="xts")) == "other_currency"


def test_yen_have_no_cents(side: StripeSide) -> None:
    fact = side.channel.read_notification(side.notification("paid", currency="jpy", amount_total=500))
    assert fact.amount == Money(500, "JPY")

"""A notification is believed only when the channel wrote every byte of it, for this account."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cashier.channels.base import Notification, NotificationRefused, Outcome, Refusal
from tests.channels.contract.cases import every_channel
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart

SHAPES = {
    "nothing": b"",
    "an empty object": b"{}",
    "a list": b"[]",
    "a form of nothing": b"a=b&c",
    "bytes that are no text": b"\xff\xfe\x00\x80",
    "nesting without end": b"[" * 100_000,
}


@every_channel
def test_a_genuine_notification_of_a_payment_gives_the_same_fact_as_a_query(side: Counterpart) -> None:
    told = side.channel.read_notification(side.notification("paid"))
    side.http.says(side.says("query", "paid"))
    asked = side.do("query")
    assert told.outcome is asked.outcome is Outcome.PAID
    assert (told.attempt_no, told.amount, told.channel_trade_no) == (
        asked.attempt_no,
        asked.amount,
        asked.channel_trade_no,
    )
    assert told.occurred_at == asked.occurred_at
    assert told.refund_no == ""


@every_channel
def test_a_repeated_notification_gives_the_same_fact(side: Counterpart) -> None:
    notification = side.notification("paid")
    assert side.channel.read_notification(notification) == side.channel.read_notification(notification)


@every_channel
def test_a_notification_of_a_refund_is_about_the_refund_and_no_second_payment(side: Counterpart) -> None:
    fact = side.channel.read_notification(side.notification("refunded"))
    assert fact.refund_no == side.order.refund_no
    assert fact.outcome in {Outcome.PAID, Outcome.IN_PROGRESS}
    assert fact.amount in {None, side.order.amount}


@every_channel
@pytest.mark.parametrize(("sign", "code"), [("bad", "bad_signature"), ("missing", "unsigned")])
def test_a_notification_that_the_channel_did_not_sign_is_refused(side: Counterpart, sign: str, code: str) -> None:
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(side.notification("paid", sign=sign))
    assert refused.value.code == code


@every_channel
@pytest.mark.parametrize("body", SHAPES.values(), ids=SHAPES)
def test_a_body_of_another_shape_is_refused(side: Counterpart, body: bytes) -> None:
    good = side.notification("paid")
    for headers in (good.headers, {}):
        with pytest.raises(NotificationRefused):
            side.channel.read_notification(Notification(headers=headers, body=body))


@every_channel
def test_reading_a_notification_calls_nobody(side: Counterpart) -> None:
    side.channel.read_notification(side.notification("paid"))
    with pytest.raises(NotificationRefused):
        side.channel.read_notification(side.notification("paid", sign="bad"))
    assert side.http.calls == []


@every_channel
def test_only_what_accepts_looks_like_acceptance(side: Counterpart) -> None:
    assert side.channel.accept().status in {200, 204}
    refusals = {side.channel.refuse(code) for code in Refusal if code is not Refusal.UNKNOWN_EVENT}
    assert len(refusals) == 1, "a forger learns why he was refused"
    assert refusals.pop().status >= 400


@pytest.mark.parametrize("code", COUNTERPARTS)
@settings(max_examples=60, deadline=None)
@given(body=st.binary(), values=st.lists(st.text(), min_size=5, max_size=5))
def test_nothing_that_a_stranger_posts_does_more_than_be_refused(code: str, body: bytes, values: list[str]) -> None:
    side = COUNTERPARTS[code]()
    good = side.notification("paid")
    headers = dict(zip(good.headers, values, strict=False))
    for notification in (
        Notification(headers=headers, body=good.body),
        Notification(headers=good.headers, body=body),
        Notification(headers=headers, body=body),
    ):
        if notification.body == good.body and not headers.keys() - {"content-type"}:
            continue  # a channel that signs no headers
        with pytest.raises(NotificationRefused):
            side.channel.read_notification(notification)

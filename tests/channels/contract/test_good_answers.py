"""What a good answer says, and that nobody's name goes into the evidence."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from cashier.channels.base import Created, Fact, Outcome, PresentationKind
from cashier.channels.beijing import BEIJING
from cashier.channels.registry import CHANNELS
from payhub.money import Money
from tests.channels.contract.cases import every_call, every_channel, every_channel_where
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart

PAYERS = ("oUpF8uMuAJO", "158****", "2088101117955611", "招商银行", "cardholder", "buyer@")


def test_every_channel_has_its_other_side_in_the_tests() -> None:
    assert set(COUNTERPARTS) == set(CHANNELS)


def test_no_two_channels_and_no_two_methods_of_a_channel_share_a_letter() -> None:
    channels = [side().channel for side in COUNTERPARTS.values()]
    assert len({channel.letter for channel in channels}) == len(channels)
    for channel in channels:
        letters = [method.letter for method in channel.methods.values()]
        assert len(set(letters)) == len(letters)
        assert all(method.code == code for code, method in channel.methods.items())


@every_channel
def test_an_opened_trade_gives_the_shopper_something_to_pay_with(side: Counterpart) -> None:
    created = _create(side)
    assert created.fact.outcome is Outcome.IN_PROGRESS
    assert created.presentation is not None
    assert created.presentation.content
    assert created.presentation.kind is side.channel.methods[side.method].presentation
    assert (created.presentation.kind is PresentationKind.FORM) == bool(created.presentation.fields)


@every_channel_where(lambda side: side.repeats_create)
def test_the_same_trade_is_created_with_the_same_words(side: Counterpart) -> None:
    assert side.channel.methods[side.method].idempotent_create
    _create(side)
    _create(side)
    first, second = side.http.calls
    assert (first.method, first.url, first.content) == (second.method, second.url, second.content)


@every_call()
def test_every_call_has_a_time_out(side: Counterpart, call: str) -> None:
    side.http.says(side.good(call))
    side.do(call)
    assert all(0 < asked.timeout_s <= 10 for asked in side.http.calls)


@every_channel
@pytest.mark.parametrize("what", ["paid", "refunded"])
def test_a_paid_trade_says_how_much_when_and_under_which_number(side: Counterpart, what: str) -> None:
    side.http.says(side.says("query", what))
    fact = side.do("query")
    assert fact.outcome is Outcome.PAID
    assert fact.attempt_no == side.trade.attempt_no
    assert fact.amount == side.trade.amount
    assert fact.channel_trade_no
    assert fact.occurred_at == datetime(2026, 3, 1, 12, 0, tzinfo=BEIJING)
    _has_no_payer(fact)


@every_channel
def test_an_unpaid_trade_is_in_progress(side: Counterpart) -> None:
    side.http.says(side.says("query", "unpaid"))
    assert side.do("query").outcome is Outcome.IN_PROGRESS


@every_channel
def test_a_closed_trade_is_closed(side: Counterpart) -> None:
    side.http.says(side.says("query", "closed"))
    assert side.do("query").outcome in {Outcome.CLOSED, Outcome.FAILED}


@every_call(lambda side: ["close"] if "close" in side.talks else [])
def test_a_close_that_the_channel_confirms_is_closed(side: Counterpart, call: str) -> None:
    side.http.says(side.says(call, "closed"))
    fact = side.do(call)
    assert (fact.outcome, fact.attempt_no) == (Outcome.CLOSED, side.trade.attempt_no)


@every_channel
def test_an_accepted_refund_is_not_yet_a_returned_one(side: Counterpart) -> None:
    side.http.says(side.says("refund", "accepted"))
    fact = side.do("refund")
    assert (fact.outcome, fact.refund_no) == (Outcome.IN_PROGRESS, side.order.refund_no)


@every_channel
def test_a_returned_refund_says_how_much(side: Counterpart) -> None:
    side.http.says(side.says("query_refund", "returned"))
    fact = side.do("query_refund")
    assert fact.outcome is Outcome.PAID
    assert (fact.refund_no, fact.attempt_no) == (side.order.refund_no, side.trade.attempt_no)
    assert fact.amount == side.order.amount
    _has_no_payer(fact)


@every_channel
def test_a_refund_without_an_end_is_not_returned(side: Counterpart) -> None:
    side.http.says(side.says("query_refund", "pending"))
    assert side.do("query_refund").outcome in {Outcome.IN_PROGRESS, Outcome.NOT_FOUND}


@every_channel_where(lambda side: side.currency == "CNY")
def test_another_currency_is_refused_before_anything_is_sent(side: Counterpart) -> None:
    side.with_trade(amount=Money(1230, "HKD"))
    assert side.do("create").outcome is Outcome.REFUSED
    assert side.http.calls == []


@every_channel
@pytest.mark.parametrize("minor", [0, -5])
def test_an_amount_that_is_none_is_refused_before_anything_is_sent(side: Counterpart, minor: int) -> None:
    side.with_trade(amount=Money(minor, side.currency))
    assert side.do("create").outcome is Outcome.REFUSED
    assert side.http.calls == []


def _create(side: Counterpart) -> Created:
    if "create" in side.talks:
        side.http.says(side.says("create", "opened"))
    return side.channel.create(side.trade)


def _has_no_payer(fact: Fact) -> None:
    kept = json.dumps(dict(fact.raw), ensure_ascii=False)
    assert kept != "{}", "there is no evidence"
    assert not [payer for payer in PAYERS if payer in kept]

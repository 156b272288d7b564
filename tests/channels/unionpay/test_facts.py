"""UnionPay: what is asked for, and what codes, times and the deadline mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

import pytest

from cashier.channels.base import Outcome
from cashier.channels.beijing import BEIJING
from tests.channels.counterparts.unionpay import UnionPaySide


@pytest.fixture
def side() -> UnionPaySide:
    return UnionPaySide()


def _sent(side: UnionPaySide) -> dict[str, str]:
    return dict(parse_qsl(side.http.calls[-1].content.decode()))


def test_a_query_names_the_trade_by_number_and_time(side: UnionPaySide) -> None:
    side.http.says(side.good("query"))
    side.do("query")
    assert (_sent(side)["orderId"], _sent(side)["txnTime"]) == (side.trade.attempt_no, "20260301120000")


def test_an_answer_about_the_same_number_at_another_time_is_unknown(side: UnionPaySide) -> None:
    side.http.says(side.says("query", "paid", changes={"txnTime": "20260301120001"}))
    assert (side.do("query").outcome, side.do("query").code) == (Outcome.UNKNOWN, "other_account")


@pytest.mark.parametrize("code", ["01", "33", "61", "64", "73", "77"])
def test_a_decline_ends_the_attempt_only_after_its_deadline(side: UnionPaySide, code: str) -> None:
    side.http.says(side.says("query", "unpaid", changes={"origRespCode": code}))
    for past_s, outcome in ((-1, Outcome.IN_PROGRESS), (59, Outcome.IN_PROGRESS), (60, Outcome.FAILED)):
        side.clock.time = side.trade.expires_at + timedelta(seconds=past_s)
        assert side.do("query").outcome is outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("03", Outcome.IN_PROGRESS),
        ("04", Outcome.IN_PROGRESS),
        ("05", Outcome.IN_PROGRESS),
        ("70", Outcome.IN_PROGRESS),
        ("42", Outcome.UNKNOWN),
        ("74", Outcome.UNKNOWN),
        ("75", Outcome.UNKNOWN),
        ("ZZ", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
        ("A6", Outcome.PAID),
    ],
)
def test_what_is_under_way_or_unclear_stays_so_after_the_deadline(
    side: UnionPaySide, code: str, outcome: Outcome
) -> None:
    side.http.says(side.says("query", "paid", changes={"origRespCode": code}))
    side.clock.time = side.trade.expires_at + timedelta(days=1)
    assert side.do("query").outcome is outcome


@pytest.mark.parametrize("code", ["03", "37", "12", "99"])
def test_a_query_that_failed_says_nothing_of_the_trade(side: UnionPaySide, code: str) -> None:
    side.http.says(side.says("query", "paid", changes={"respCode": code}))
    assert side.do("query").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("changes", [{"txnAmt": "12.30"}, {"txnAmt": "0"}, {"txnAmt": ""}, {"currencyCode": "840"}])
def test_paid_without_a_whole_amount_of_our_currency_is_unknown(side: UnionPaySide, changes: dict[str, str]) -> None:
    side.http.says(side.says("query", "paid", changes=changes))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_a_debit_after_new_year_is_in_the_new_year(side: UnionPaySide) -> None:
    side.with_trade(created_at=datetime(2026, 12, 31, 15, 59, tzinfo=UTC))
    side.http.says(side.says("query", "paid", changes={"txnTime": "20261231235900", "traceTime": "0101000001"}))
    assert side.do("query").occurred_at == datetime(2027, 1, 1, 0, 0, 1, tzinfo=BEIJING)


def test_a_refund_has_a_number_and_time_of_its_own_and_names_the_payment(side: UnionPaySide) -> None:
    side.http.says(side.says("refund", "accepted"))
    side.do("refund")
    sent = _sent(side)
    assert (sent["orderId"], sent["txnAmt"], sent["reqReserved"]) == (
        side.order.refund_no,
        "230",
        side.trade.attempt_no,
    )
    assert (sent["origOrderId"], sent["origTxnTime"]) == (side.trade.attempt_no, "20260301120000")
    side.with_trade(channel_trade_no="202603011200001906248")
    side.do("refund")
    assert _sent(side)["origQryId"] == "202603011200001906248"
    assert "origOrderId" not in _sent(side)


@pytest.mark.parametrize(
    ("code", "outcome"), [("03", Outcome.UNKNOWN), ("12", Outcome.UNKNOWN), ("36", Outcome.UNKNOWN)]
)
def test_a_refund_that_may_have_been_taken_is_unknown(side: UnionPaySide, code: str, outcome: Outcome) -> None:
    side.http.says(side.says("refund", "accepted", changes={"respCode": code}))
    assert side.do("refund").outcome is outcome


def test_a_declined_refund_has_failed_whatever_the_payments_deadline(side: UnionPaySide) -> None:
    side.http.says(side.says("query_refund", "failed"))
    assert side.do("query_refund").outcome is Outcome.FAILED


def test_a_notified_refund_names_the_payment_that_it_belongs_to(side: UnionPaySide) -> None:
    fact = side.channel.read_notification(side.notification("refunded"))
    assert (fact.attempt_no, fact.refund_no, fact.amount) == (
        side.trade.attempt_no,
        side.order.refund_no,
        side.order.amount,
    )


def test_nothing_can_be_closed(side: UnionPaySide) -> None:
    assert not any(method.can_close for method in side.channel.methods.values())
    assert side.channel.close(side.trade).outcome is Outcome.REFUSED
    assert side.http.calls == []

"""Alipay: what is asked for, and what the states and amounts mean."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from cashier.channels.base import Outcome
from cashier.channels.beijing import BEIJING
from payhub.money import Money
from tests.channels.counterparts.alipay import AlipaySide


@pytest.fixture
def side() -> AlipaySide:
    return AlipaySide()


def _biz(side: AlipaySide) -> dict[str, Any]:
    biz: dict[str, Any] = json.loads(dict(parse_qsl(side.http.calls[-1].content.decode()))["biz_content"])
    return biz


def test_a_create_carries_amount_and_deadline(side: AlipaySide) -> None:
    side.http.says(side.good("create"))
    side.do("create")
    biz = _biz(side)
    assert biz["total_amount"] == "12.30"
    assert biz["time_expire"] == "2026-03-01 12:15:00"
    assert biz["qr_code_timeout_express"] == "15m"
    assert dict(parse_qsl(side.http.calls[-1].url.query.decode()))["notify_url"] == side.trade.notify_url


def test_a_subject_has_none_of_the_characters_that_alipay_forbids(side: AlipaySide) -> None:
    side.http.says(side.good("create"))
    side.do("create")
    assert _biz(side)["subject"] == "茶壶 {a} b 100% “好”"


@pytest.mark.parametrize("sub_code", ["ACQ.TRADE_NOT_EXIST", "TRADE_NOT_EXIST", "aop.ACQ.TRADE_NOT_EXIST"])
def test_a_code_counts_whatever_stands_before_it(side: AlipaySide, sub_code: str) -> None:
    side.http.says(side.answer("query", {"code": "40004", "sub_code": sub_code}))
    assert side.do("query").outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("sub_code", ["ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "AQC.SYSTEM_ERROR"])
def test_system_error_is_unknown_however_it_is_spelt(side: AlipaySide, sub_code: str) -> None:
    side.http.says(side.answer("refund", {"code": "40004", "sub_code": sub_code}))
    assert side.do("refund").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize(
    "sub_code", ["TRADE_STATUS_ERROR", "REASON_TRADE_STATUS_INVALID", "REASON_ILLEGAL_STATUS", "CONTEXT_INCONSISTENT"]
)
def test_a_close_of_a_trade_in_another_state_leads_to_a_query(side: AlipaySide, sub_code: str) -> None:
    side.http.says(side.answer("close", {"code": "40004", "sub_code": f"ACQ.{sub_code}"}))
    assert side.do("close").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("what", ["paid", "refunded"])
def test_closed_after_payment_is_paid_and_closed_without_is_closed(side: AlipaySide, what: str) -> None:
    side.http.says(side.says("query", what))
    assert side.do("query").outcome is Outcome.PAID
    side.http.says(side.says("query", "closed"))
    assert side.do("query").outcome is Outcome.CLOSED


def test_finished_is_paid(side: AlipaySide) -> None:
    side.http.says(side.says("query", "paid", changes={"trade_status": "TRADE_FINISHED"}))
    assert side.do("query").outcome is Outcome.PAID


def test_a_repeated_refund_is_confirmed_by_query_only(side: AlipaySide) -> None:
    side.http.says(side.says("refund", "returned"))
    assert (side.do("refund").outcome, side.do("refund").amount) == (Outcome.PAID, Money(230, "CNY"))
    side.http.says(side.says("refund", "accepted"))
    assert side.do("refund").outcome is Outcome.IN_PROGRESS


def test_a_refund_that_returned_less_than_asked_is_unknown(side: AlipaySide) -> None:
    side.http.says(side.says("refund", "returned", changes={"refund_fee": "2.29"}))
    assert side.do("refund").outcome is Outcome.UNKNOWN


def test_a_refund_query_without_an_answer_in_it_says_not_refunded(side: AlipaySide) -> None:
    side.http.says(side.says("query_refund", "pending"))
    assert side.do("query_refund").outcome is Outcome.NOT_FOUND


def test_a_refund_query_about_another_request_is_unknown(side: AlipaySide) -> None:
    side.http.says(side.says("query_refund", "returned", changes={"out_request_no": "R-other"}))
    assert side.do("query_refund").outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("sub_code", ["TRADE_NOT_ALLOW_REFUND", "TRADE_HAS_FINISHED", "NOT_ALLOW_PARTIAL_REFUND"])
def test_a_refund_that_alipay_will_never_make_has_failed(side: AlipaySide, sub_code: str) -> None:
    side.http.says(side.answer("refund", {"code": "40004", "sub_code": f"ACQ.{sub_code}"}))
    assert side.do("refund").outcome is Outcome.FAILED


def test_a_balance_too_low_for_a_refund_moves_nothing_and_fails_nothing(side: AlipaySide) -> None:
    side.http.says(side.answer("refund", {"code": "40004", "sub_code": "ACQ.SELLER_BALANCE_NOT_ENOUGH"}))
    assert side.do("refund").outcome is Outcome.REFUSED


def test_a_notification_of_a_partial_refund_is_a_hint_about_that_refund(side: AlipaySide) -> None:
    fact = side.channel.read_notification(side.notification("part_refunded"))
    assert (fact.outcome, fact.refund_no, fact.amount) == (Outcome.IN_PROGRESS, side.order.refund_no, None)
    assert fact.occurred_at == datetime(2026, 3, 1, 12, 10, tzinfo=BEIJING)


@pytest.mark.parametrize("what", ["part_refunded", "refunded"])
def test_a_refund_that_is_not_ours_still_says_that_the_trade_was_paid(side: AlipaySide, what: str) -> None:
    fact = side.channel.read_notification(side.notification(what, out_biz_no=None))
    assert (fact.outcome, fact.refund_no, fact.amount) == (Outcome.PAID, "", side.trade.amount)


def test_the_end_of_an_unpaid_trade_is_closed_though_it_names_a_refund_of_zero(side: AlipaySide) -> None:
    fact = side.channel.read_notification(side.notification("closed"))
    assert (fact.outcome, fact.refund_no) == (Outcome.CLOSED, "")


def test_waiting_for_the_buyer_is_in_progress(side: AlipaySide) -> None:
    assert side.channel.read_notification(side.notification("unpaid")).outcome is Outcome.IN_PROGRESS

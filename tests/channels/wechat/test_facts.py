"""WeChat Pay: what is asked for, and what the states and amounts mean."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from cashier.channels.base import Outcome
from payhub.money import Money
from tests.channels.counterparts.wechat import WeChatSide


@pytest.fixture
def side() -> WeChatSide:
    return WeChatSide()


def _body(side: WeChatSide) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(side.http.calls[-1].content)
    return body


def test_a_create_carries_amount_deadline_and_addresses(side: WeChatSide) -> None:
    side.http.says(side.good("create"))
    side.do("create")
    body = _body(side)
    assert body["amount"] == {"total": 1230, "currency": "CNY"}
    assert body["time_expire"] == "2026-03-01T12:15:00+08:00"
    assert body["notify_url"] == side.trade.notify_url
    assert (body["appid"], body["mchid"]) == ("wx0000000000000001", "1900000001")
    assert body["out_trade_no"] == side.trade.attempt_no


def test_a_long_title_is_cut_and_put_on_one_line(side: WeChatSide) -> None:
    side.with_trade(title="茶壶\n" + "很" * 200)
    side.http.says(side.good("create"))
    side.do("create")
    assert _body(side)["description"] == "茶壶 " + "很" * 124


def test_a_refund_names_what_was_collected_as_the_total(side: WeChatSide) -> None:
    side.http.says(side.says("refund", "accepted"))
    side.do("refund")
    assert _body(side)["amount"] == {"refund": 230, "total": 1230, "currency": "CNY"}
    assert _body(side)["out_refund_no"] == side.order.refund_no


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("NOTPAY", Outcome.IN_PROGRESS),
        ("USERPAYING", Outcome.IN_PROGRESS),
        ("ACCEPT", Outcome.IN_PROGRESS),
        ("CLOSED", Outcome.CLOSED),
        ("REVOKED", Outcome.FAILED),
        ("PAYERROR", Outcome.FAILED),
        ("TOMORROW", Outcome.UNKNOWN),
        ("", Outcome.UNKNOWN),
    ],
)
def test_a_state_means_what_the_table_says(side: WeChatSide, state: str, outcome: Outcome) -> None:
    side.http.says(side.says("query", "unpaid", changes={"trade_state": state}))
    assert side.do("query").outcome is outcome


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("PROCESSING", Outcome.IN_PROGRESS),
        ("ABNORMAL", Outcome.IN_PROGRESS),
        ("CLOSED", Outcome.FAILED),
        ("TOMORROW", Outcome.UNKNOWN),
    ],
)
def test_a_refund_state_means_what_the_table_says(side: WeChatSide, state: str, outcome: Outcome) -> None:
    side.http.says(side.says("query_refund", state))
    fact = side.do("query_refund")
    assert (fact.outcome, fact.code) == (outcome, state)


def test_a_coupon_does_not_lower_what_was_collected(side: WeChatSide) -> None:
    side.http.says(side.says("query", "paid", changes={"amount": {"total": 1230, "payer_total": 1, "currency": "CNY"}}))
    assert side.do("query").amount == Money(1230, "CNY")


@pytest.mark.parametrize(
    "amount",
    [None, {}, {"total": "1230"}, {"total": 12.3}, {"total": True}, {"total": 0}, {"total": 5, "currency": "USD"}],
)
def test_paid_without_a_whole_amount_of_our_currency_is_unknown(side: WeChatSide, amount: object) -> None:
    side.http.says(side.says("query", "paid", changes={"amount": amount}))
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_paid_at_an_unreadable_time_is_paid_all_the_same(side: WeChatSide) -> None:
    side.http.says(side.says("query", "paid", changes={"success_time": "yesterday"}))
    fact = side.do("query")
    assert (fact.outcome, fact.occurred_at) == (Outcome.PAID, None)


def test_a_server_error_is_unknown_whatever_code_it_carries(side: WeChatSide) -> None:
    for code in ("PARAM_ERROR", "ORDER_NOT_EXIST", "USERPAYING"):
        side.http.says(httpx.Response(500, json={"code": code}))
        assert side.do("create").outcome is Outcome.UNKNOWN


def test_a_balance_too_low_for_a_refund_moves_nothing_and_fails_nothing(side: WeChatSide) -> None:
    side.http.says(httpx.Response(403, json={"code": "NOT_ENOUGH", "message": "余额不足"}))
    fact = side.do("refund")
    assert (fact.outcome, fact.code, fact.message) == (Outcome.REFUSED, "NOT_ENOUGH", "余额不足")

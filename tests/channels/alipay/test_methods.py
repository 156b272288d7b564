"""Alipay's other ways to pay, its pages, and the reversal."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from cashier.channels.base import Outcome, PresentationKind
from tests.channels import keys
from tests.channels.counterparts.alipay import OK, AlipaySide


@pytest.fixture
def side() -> AlipaySide:
    return AlipaySide()


@pytest.mark.parametrize(("method", "product"), [("page", "FAST_INSTANT_TRADE_PAY"), ("wap", "QUICK_WAP_WAY")])
def test_a_page_is_an_address_that_we_signed_and_nobody_is_called(side: AlipaySide, method: str, product: str) -> None:
    side.with_trade(method=method)
    shown = side.channel.create(side.trade).presentation
    assert shown is not None
    assert shown.kind is PresentationKind.REDIRECT
    assert side.http.calls == []
    told = dict(parse_qsl(urlsplit(shown.content).query))
    signature = told.pop("sign")
    keys.has_signed("alipay-app", signature, "&".join(f"{k}={v}" for k, v in sorted(told.items())).encode())
    assert told["method"] == f"alipay.trade.{method}.pay"
    assert (told["return_url"], told["notify_url"]) == (side.trade.return_url, side.trade.notify_url)
    biz = json.loads(told["biz_content"])
    assert (biz["product_code"], biz["total_amount"], biz["time_expire"]) == (product, "12.30", "2026-03-01 12:15:00")


def test_the_same_trade_leads_to_the_same_page(side: AlipaySide) -> None:
    side.with_trade(method="page")
    assert side.channel.create(side.trade) == side.channel.create(side.trade)
    assert side.channel.methods["page"].idempotent_create


def test_a_reversal_that_closed_an_unpaid_trade_is_closed(side: AlipaySide) -> None:
    assert _reversed(side, action="close", retry_flag="N") is Outcome.CLOSED


def test_a_reversal_that_gave_money_back_leads_to_a_query(side: AlipaySide) -> None:
    assert _reversed(side, action="refund", retry_flag="N") is Outcome.UNKNOWN


def test_a_reversal_that_wants_to_be_repeated_is_unknown(side: AlipaySide) -> None:
    assert _reversed(side, action="close", retry_flag="Y") is Outcome.UNKNOWN


def test_a_reversal_that_did_nothing_leaves_the_code_payable(side: AlipaySide) -> None:
    assert _reversed(side, retry_flag="N") is Outcome.NOT_FOUND
    assert _reversed(side, retry_flag="N", out_trade_no="") is Outcome.NOT_FOUND


def test_a_reversal_of_another_trade_is_unknown(side: AlipaySide) -> None:
    assert _reversed(side, action="close", retry_flag="N", out_trade_no="AnotherNumber") is Outcome.UNKNOWN
    assert _reversed(side, action="close", retry_flag="N", out_trade_no="") is Outcome.UNKNOWN


@pytest.mark.parametrize("sub_code", ["TRADE_CANCEL_TIME_OUT", "CANCEL_NOT_ALLOWED"])
def test_a_reversal_that_alipay_does_not_make_is_refused(side: AlipaySide, sub_code: str) -> None:
    side.http.says(side.answer("reverse", {"code": "40004", "sub_code": f"ACQ.{sub_code}"}))
    assert side.channel.reverse(side.trade).outcome is Outcome.REFUSED


def _reversed(side: AlipaySide, **told: str) -> Outcome:
    side.http.says(side.answer("reverse", OK | {"out_trade_no": side.trade.attempt_no} | told))
    return side.channel.reverse(side.trade).outcome

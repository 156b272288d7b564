"""Faults of creates that the shopper's browser brings: what the person sees, and what the channel has in its books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest

from tests.sandbox.alipay_client import AlipayClient
from tests.sandbox.server import Sandbox
from tests.sandbox.unionpay_client import UnionpayClient, moment

NO = "B20260102A0001"
PRODUCTS = {"page": "FAST_INSTANT_TRADE_PAY", "wap": "QUICK_WAP_WAY"}


@dataclass
class Browser:
    """A browser that the shop sends on to a channel, always with the same signed parameters."""

    channel: str
    goes_on: Callable[[], httpx.Response]

    def meets(self, sandbox: Sandbox, kind: str, **options: float) -> httpx.Response:
        """Go on to the channel while this fault is armed."""
        sandbox.arm(kind, channel=self.channel, call="create", out_trade_no=NO, **options)
        return self.goes_on()

    def trades(self, sandbox: Sandbox) -> int:
        """Tell how many trades the channel has of it."""
        return len(sandbox.get("/trades", channel=self.channel, out_trade_no=NO))


@pytest.fixture(params=["page", "wap", "gateway"])
def browser(request: pytest.FixtureRequest, alipay: AlipayClient, unionpay: UnionpayClient) -> Browser:
    if request.param == "gateway":
        form = unionpay.consume_form(NO, moment(0))
        return Browser("unionpay", lambda: unionpay.front(form))
    kind = request.param
    asked = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug", "product_code": PRODUCTS[kind]}
    parameters = alipay.signed(f"alipay.trade.{kind}.pay", asked, return_url="http://shop.example/return")
    return Browser("alipay", lambda: alipay.get(alipay.account["gateway_url"], params=parameters))


def test_a_slow_page_comes_in_the_end(browser: Browser, sandbox: Sandbox) -> None:
    answer = browser.meets(sandbox, "slow", wait_s=0.3)
    assert answer.elapsed.total_seconds() >= 0.3
    assert "/pay/" in answer.headers["location"]


@pytest.mark.parametrize(("kind", "made"), [("http_502", 0), ("http_502_after", 1)])
def test_a_proxys_page_comes_instead_before_or_after_the_trade_is_made(
    browser: Browser, sandbox: Sandbox, kind: str, made: int
) -> None:
    assert browser.meets(sandbox, kind).status_code == 502
    assert browser.trades(sandbox) == made


@pytest.mark.parametrize(("kind", "made"), [("system_error", 0), ("system_error_after", 1)])
def test_an_error_page_of_the_channel_says_nothing_about_the_trade(
    browser: Browser, sandbox: Sandbox, kind: str, made: int
) -> None:
    shown = browser.meets(sandbox, kind)
    assert (shown.status_code, "location" in shown.headers) == (200, False)
    assert ("ACQ.SYSTEM_ERROR" if browser.channel == "alipay" else "04") in shown.text
    assert browser.trades(sandbox) == made


@pytest.mark.parametrize(("kind", "made"), [("timeout_before", 0), ("cut_after", 1)])
def test_there_may_be_no_answer_at_all(browser: Browser, sandbox: Sandbox, kind: str, made: int) -> None:
    with pytest.raises(httpx.TransportError):
        browser.meets(sandbox, kind, wait_s=0.1)
    assert browser.trades(sandbox) == made
    browser.goes_on()  # the person tries again
    assert browser.trades(sandbox) == 1


def test_a_form_that_is_submitted_twice_makes_one_trade(browser: Browser, sandbox: Sandbox) -> None:
    shown = browser.meets(sandbox, "double_submit")
    assert browser.trades(sandbox) == 1
    if browser.channel == "unionpay":
        assert "重复交易" in shown.text, "the person sees the answer to the second one"
    else:
        assert "/pay/alipay/" in shown.headers["location"]

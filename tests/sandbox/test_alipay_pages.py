"""Alipay: pages for computers and phones, and cancel."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.sandbox.alipay_client import AlipayClient, joined
from tests.sandbox.server import Merchant, Sandbox

NO = "A20260102C0001"
PRODUCTS = {"page": "FAST_INSTANT_TRADE_PAY", "wap": "QUICK_WAP_WAY"}


def opened(alipay: AlipayClient, kind: str, by: str = "GET", **changes: Any) -> httpx.Response:
    asked = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug", "product_code": PRODUCTS[kind]} | changes
    parameters = alipay.signed(f"alipay.trade.{kind}.pay", asked, return_url="http://shop.example/return?o=1")
    if by == "GET":
        return alipay.get(alipay.account["gateway_url"], params=parameters)
    return alipay.ask(parameters)


def shown_error(answer: httpx.Response) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html;charset=GBK")
    found = re.search(r"<code>(.*?)</code>", answer.content.decode("gbk"))
    return found[1] if found else ""


class TestPages:
    @pytest.mark.parametrize("kind", ["page", "wap"])
    @pytest.mark.parametrize("by", ["GET", "POST"])
    def test_the_browser_goes_on_to_the_cashier(
        self, alipay: AlipayClient, sandbox: Sandbox, kind: str, by: str
    ) -> None:
        answer = opened(alipay, kind, by)
        assert answer.status_code == 302
        assert "¥9.90" in sandbox.http.get(answer.headers["location"]).text

    def test_the_trade_appears_on_login_not_on_looking(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        cashier = opened(alipay, "page").headers["location"]
        sandbox.http.get(cashier)
        assert alipay.query(NO)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        sandbox.http.post(cashier, data={"action": "decline"})
        assert alipay.query(NO)["trade_status"] == "WAIT_BUYER_PAY"

    def test_the_same_page_again_is_the_same_cashier(self, alipay: AlipayClient) -> None:
        assert opened(alipay, "page").headers["location"] == opened(alipay, "page").headers["location"]

    def test_anything_changed_is_an_error_page(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        opened(alipay, "page")
        assert shown_error(opened(alipay, "page", total_amount="9.91")) == "ACQ.CONTEXT_INCONSISTENT"
        assert shown_error(opened(alipay, "wap")) == "ACQ.CONTEXT_INCONSISTENT"
        sandbox.pay("alipay", NO)
        assert shown_error(opened(alipay, "page")) == "ACQ.TRADE_HAS_SUCCESS"

    def test_a_page_that_we_did_not_sign_is_an_error_page(self, alipay: AlipayClient) -> None:
        parameters = alipay.signed("alipay.trade.page.pay", {"out_trade_no": NO}) | {"biz_content": "{}"}
        assert shown_error(alipay.ask(parameters)) == "isv.invalid-signature"

    @pytest.mark.parametrize("kind", ["page", "wap"])
    def test_the_way_back_is_signed_and_does_not_say_paid(
        self, alipay: AlipayClient, sandbox: Sandbox, merchant: Merchant, kind: str
    ) -> None:
        cashier = opened(alipay, kind).headers["location"]
        paid = sandbox.http.post(cashier, data={"action": "pay"})
        page = sandbox.http.get(paid.headers["location"]).text
        found = re.search(r'<a id=back href="(.*?)"', page)
        assert found
        address = urlsplit(unescape(found[1]))
        assert (address.netloc, address.path) == ("shop.example", "/return")
        query = dict(parse_qsl(address.query))
        assert query.pop("o") == "1"
        assert alipay.genuine(joined(query, ("sign", "sign_type")), query["sign"])
        assert (query["out_trade_no"], query["total_amount"]) == (NO, "9.90")
        assert query["method"] == f"alipay.trade.{kind}.pay.return"
        assert "trade_status" not in query
        merchant.wait()


class TestCancel:
    def cancel(self, alipay: AlipayClient) -> dict[str, Any]:
        return alipay.call("alipay.trade.cancel", {"out_trade_no": NO})

    def test_without_a_trade_it_succeeds_and_does_nothing(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        assert "action" not in self.cancel(alipay)
        alipay.precreate(NO)
        assert "action" not in self.cancel(alipay)
        assert sandbox.pay("alipay", NO)["state"] == "PAID"

    def test_an_unpaid_trade_is_closed(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.post(f"/trades/alipay/{NO}/scan")
        assert self.cancel(alipay)["action"] == "close"
        assert alipay.query(NO)["trade_status"] == "TRADE_CLOSED"

    def test_a_paid_trade_is_refunded_once(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.pay("alipay", NO)
        assert self.cancel(alipay)["action"] == "refund"
        assert "action" not in self.cancel(alipay)
        assert [line["returned_minor"] for line in sandbox.get("/books")] == [990]
        assert alipay.query(NO)["trade_status"] == "TRADE_CLOSED"

    def test_after_a_day_it_is_too_late(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.pay("alipay", NO)
        sandbox.post("/clock", advance_s=25 * 3600)
        assert self.cancel(alipay)["sub_code"] == "ACQ.TRADE_CANCEL_TIME_OUT"

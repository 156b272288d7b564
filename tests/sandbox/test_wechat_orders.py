"""WeChat Pay: who may ask, and what becomes of an order."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from tests.sandbox.server import Sandbox
from tests.sandbox.wechat_client import NATIVE, Signing, WechatClient

NO = "W20260102A0001"


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "signing",
        [
            Signing(scheme="WECHATPAY2-SM2-WITH-SM3"),
            *(Signing(leave_out=name) for name in ("mchid", "nonce_str", "signature", "timestamp", "serial_no")),
            Signing(attributes={"serial_no": "0123456789ABCDEF"}),
            Signing(attributes={"mchid": "1900000001"}),
            Signing(attributes={"signature": "bm90IGEgc2lnbmF0dXJl"}),
            Signing(attributes={"signature": "***"}),
            Signing(attributes={"nonce_str": "another"}),
            Signing(sent_body=b'{"mchid":"x"}'),
            Signing(sent_path=NATIVE + "?a=1"),
        ],
        ids=lambda signing: str(vars(signing)),
    )
    def test_a_request_that_is_not_signed_right_in_every_part_is_refused(
        self, wechat: WechatClient, sandbox: Sandbox, signing: Signing
    ) -> None:
        answer = wechat.call("POST", NATIVE, wechat.order(NO), signing)
        assert refused(answer) == (401, "SIGN_ERROR")
        assert sandbox.get("/trades") == []

    @pytest.mark.parametrize("age_s", [301, -301])
    def test_a_request_more_than_five_minutes_off_is_refused(self, wechat: WechatClient, age_s: int) -> None:
        signing = Signing(attributes={"timestamp": str(int(time.time()) - age_s)})
        assert refused(wechat.call("POST", NATIVE, wechat.order(NO), signing)) == (401, "SIGN_ERROR")

    def test_a_request_four_minutes_old_is_accepted(self, wechat: WechatClient) -> None:
        signing = Signing(attributes={"timestamp": str(int(time.time()) - 240)})
        assert wechat.call("POST", NATIVE, wechat.order(NO), signing).status_code == 200

    def test_the_signature_covers_the_path_as_it_was_sent_still_encoded(self, wechat: WechatClient) -> None:
        number = "W2026|A*001"
        assert wechat.create(number).status_code == 200
        path = f"/v3/pay/transactions/out-trade-no/W2026%7CA%2A001?mchid={wechat.account['mchid']}"
        assert wechat.told(wechat.call("GET", path))["out_trade_no"] == number


class TestCreate:
    def test_an_order_gives_a_code_that_opens_its_pay_page(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        code_url = wechat.told(wechat.create(NO))["code_url"]
        assert code_url.startswith(f"{sandbox.base_url}/pay/wechat/wx")
        page = sandbox.http.get(code_url)
        assert page.status_code == 200
        assert "¥9.90" in page.text
        assert "A mug 杯子" in page.text

    def test_the_same_request_again_gives_the_same_order(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        assert wechat.told(wechat.create(NO)) == wechat.told(wechat.create(NO))
        assert len(sandbox.get("/trades")) == 1

    @pytest.mark.parametrize(
        "change",
        [{"total": 991}, {"description": "Another mug"}, {"attach": "x"}, {"notify_url": "http://a.example/n"}],
    )
    def test_the_same_number_with_anything_changed_is_refused(
        self, wechat: WechatClient, change: dict[str, Any]
    ) -> None:
        wechat.create(NO)
        assert refused(wechat.create(NO, **change)) == (403, "OUT_TRADE_NO_USED")

    def test_a_closed_number_is_refused(self, wechat: WechatClient) -> None:
        wechat.create(NO)
        wechat.close_order(NO)
        assert refused(wechat.create(NO)) == (400, "ORDER_CLOSED")

    def test_a_paid_number_is_refused_with_the_code_that_is_set(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        wechat.create(NO)
        sandbox.pay("wechat", NO)
        assert refused(wechat.create(NO)) == (403, "OUT_TRADE_NO_USED")
        sandbox.post("/settings", wechat_paid_code_on_create="ORDERPAID")
        assert refused(wechat.create(NO)) == (400, "ORDERPAID")

    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ({"out_trade_no": "short"}, "PARAM_ERROR"),
            ({"out_trade_no": "a" * 33}, "PARAM_ERROR"),
            ({"out_trade_no": "with blank"}, "PARAM_ERROR"),
            ({"description": ""}, "PARAM_ERROR"),
            ({"description": "x" * 128}, "PARAM_ERROR"),
            ({"amount": {"total": 0, "currency": "CNY"}}, "PARAM_ERROR"),
            ({"amount": {"total": "990", "currency": "CNY"}}, "PARAM_ERROR"),
            ({"amount": {"total": 9.9, "currency": "CNY"}}, "PARAM_ERROR"),
            ({"amount": {"total": 990, "currency": "USD"}}, "PARAM_ERROR"),
            ({"notify_url": "http://shop.example/n?order=1"}, "PARAM_ERROR"),
            ({"notify_url": "/n"}, "PARAM_ERROR"),
            ({"time_expire": "2026-01-02 15:04:05"}, "PARAM_ERROR"),
            ({"time_expire": "2020-01-02T15:04:05+08:00"}, "PARAM_ERROR"),
            ({"appid": "wx0000000000000000"}, "APPID_MCHID_NOT_MATCH"),
            ({"mchid": "1900000001"}, "APPID_MCHID_NOT_MATCH"),
        ],
    )
    def test_a_malformed_order_is_refused(self, wechat: WechatClient, change: dict[str, Any], code: str) -> None:
        body = wechat.order(NO) | change
        assert refused(wechat.call("POST", NATIVE, body)) == (400, code)

    def test_the_time_limit_closes_an_unpaid_order(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        limit = datetime.now(timezone(timedelta(hours=8))) + timedelta(minutes=5)
        wechat.create(NO, time_expire=limit.isoformat(timespec="seconds"))
        sandbox.post("/clock", advance_s=200)
        assert wechat.told(wechat.query(NO))["trade_state"] == "NOTPAY"
        sandbox.post("/clock", advance_s=101)
        assert wechat.told(wechat.query(NO))["trade_state"] == "CLOSED"
        assert refused(wechat.create(NO)) == (400, "ORDER_CLOSED")

    def test_a_code_dies_after_two_hours_and_the_same_request_revives_it(
        self, wechat: WechatClient, sandbox: Sandbox
    ) -> None:
        wechat.create(NO)
        sandbox.post("/clock", advance_s=2 * 3600)
        paying = sandbox.http.post(f"/_sandbox/api/trades/wechat/{NO}/pay")
        assert paying.status_code == 409
        assert "expired" in paying.json()["error"]
        wechat.create(NO)
        assert sandbox.pay("wechat", NO)["state"] == "PAID"


class TestQuery:
    def test_an_unknown_number_is_not_found(self, wechat: WechatClient) -> None:
        assert refused(wechat.query(NO)) == (404, "ORDER_NOT_EXIST")

    def test_an_unpaid_order_has_no_transaction(self, wechat: WechatClient) -> None:
        wechat.create(NO, attach="memo")
        told = wechat.told(wechat.query(NO))
        assert told["trade_state"] == "NOTPAY"
        assert told["amount"] == {"total": 990, "currency": "CNY"}
        assert told["attach"] == "memo"
        assert not told.keys() & {"transaction_id", "success_time", "bank_type", "payer"}

    def test_a_paid_order_says_who_when_and_how_much(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        wechat.create(NO)
        payment = sandbox.pay("wechat", NO)["payments"][0]
        told = wechat.told(wechat.query(NO))
        assert told["trade_state"] == "SUCCESS"
        assert told["transaction_id"] == payment["trade_no"]
        assert len(told["transaction_id"]) == 28
        assert told["amount"]["payer_total"] == 990
        assert datetime.fromisoformat(told["success_time"]).utcoffset() == timedelta(hours=8)
        assert len(told["payer"]["openid"]) == 28

    def test_wechats_own_number_finds_paid_orders_only(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        wechat.create(NO)
        number = sandbox.pay("wechat", NO)["payments"][0]["trade_no"]
        path = f"/v3/pay/transactions/id/{number}?mchid={wechat.account['mchid']}"
        assert wechat.told(wechat.call("GET", path))["out_trade_no"] == NO
        unknown = path.replace(number, "4" * 28)
        assert refused(wechat.call("GET", unknown)) == (404, "ORDER_NOT_EXIST")

    def test_the_merchant_must_name_itself(self, wechat: WechatClient) -> None:
        wechat.create(NO)
        answer = wechat.call("GET", f"/v3/pay/transactions/out-trade-no/{NO}")
        assert refused(answer) == (400, "PARAM_ERROR")


class TestClose:
    def test_an_unpaid_order_closes_with_a_signed_204(self, wechat: WechatClient) -> None:
        wechat.create(NO)
        answer = wechat.close_order(NO)
        assert (answer.status_code, answer.content) == (204, b"")
        assert wechat.genuine(answer.headers, b"")
        assert wechat.told(wechat.query(NO))["trade_state"] == "CLOSED"

    def test_whoever_paid_first_wins(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        wechat.create(NO)
        sandbox.pay("wechat", NO)
        assert refused(wechat.close_order(NO)) == (400, "ORDERPAID")
        assert wechat.told(wechat.query(NO))["trade_state"] == "SUCCESS"

    def test_a_closed_order_cannot_be_paid(self, wechat: WechatClient, sandbox: Sandbox) -> None:
        wechat.create(NO)
        wechat.close_order(NO)
        paying = sandbox.http.post(f"/_sandbox/api/trades/wechat/{NO}/pay")
        assert paying.status_code == 409
        assert "closed" in paying.json()["error"]
        assert sandbox.get("/books") == []

    def test_a_closed_order_says_so_when_closed_again(self, wechat: WechatClient) -> None:
        wechat.create(NO)
        wechat.close_order(NO)
        assert refused(wechat.close_order(NO)) == (400, "ORDER_CLOSED")

    def test_an_unknown_number_is_not_found(self, wechat: WechatClient) -> None:
        assert refused(wechat.close_order(NO)) == (404, "ORDER_NOT_EXIST")

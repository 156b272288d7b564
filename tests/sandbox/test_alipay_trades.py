"""Alipay: who may ask, and what becomes of a trade."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.alipay_client import BEIJING, AlipayClient
from tests.sandbox.server import Sandbox

NO = "A20260102A0001"
PRECREATE = "alipay.trade.precreate"


def in_beijing(minutes: float) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        ("change", "sub_code"),
        [
            ({"app_id": "2021000000099999", "sign": "x"}, "isv.invalid-app-id"),
            ({"app_id": ""}, "isv.missing-app-id"),
            ({"sign": ""}, "isv.missing-signature"),
            ({"sign": "bm90IGEgc2lnbmF0dXJl"}, "isv.invalid-signature"),
            ({"biz_content": "{}"}, "isv.invalid-signature"),
            ({"notify_url": "http://elsewhere.example/"}, "isv.invalid-signature"),
            ({"sign_type": "RSA"}, "isv.invalid-signature-type"),
        ],
    )
    def test_the_gateway_refuses_unsigned_with_http_200(
        self, alipay: AlipayClient, change: dict[str, str], sub_code: str
    ) -> None:
        content = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug"}
        answer = alipay.ask(alipay.signed(PRECREATE, content) | change)
        assert answer.status_code == 200
        substring, sign = alipay.split(answer.text, PRECREATE)
        fields = json.loads(substring)
        assert (fields["code"][:4], fields["sub_code"], sign) == ("4000", sub_code, "")

    def test_an_unknown_method_answers_an_error_response(self, alipay: AlipayClient) -> None:
        answer = alipay.ask(alipay.signed("alipay.trade.nothing", {}))
        assert answer.json()["error_response"]["sub_code"] == "isv.invalid-method"

    @pytest.mark.parametrize("in_query", [("app_id", "method", "sign", "charset", "version"), ("biz_content",)])
    def test_parameters_are_taken_from_query_and_form(self, alipay: AlipayClient, in_query: tuple[str, ...]) -> None:
        content = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug + 杯子"}
        answer = alipay.ask(alipay.signed(PRECREATE, content), in_query)
        assert json.loads(alipay.split(answer.text, PRECREATE)[0])["code"] == "10000"

    def test_a_get_with_everything_in_the_query_is_taken_too(self, alipay: AlipayClient) -> None:
        content = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug"}
        answer = alipay.get(alipay.account["gateway_url"], params=alipay.signed(PRECREATE, content))
        assert json.loads(alipay.split(answer.text, PRECREATE)[0])["code"] == "10000"

    def test_the_signature_is_over_the_raw_text_with_its_escaped_slashes(self, alipay: AlipayClient) -> None:
        content = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug"}
        answer = alipay.ask(alipay.signed(PRECREATE, content))
        substring, sign = alipay.split(answer.text, PRECREATE)
        assert "http:\\/\\/" in substring
        assert alipay.genuine(substring.encode(), sign)
        rewritten = json.dumps(json.loads(substring), ensure_ascii=False, separators=(",", ":"))
        assert not alipay.genuine(rewritten.encode(), sign)


class TestCreate:
    def test_a_code_opens_its_pay_page(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        answer = alipay.precreate(NO)
        assert answer["out_trade_no"] == NO
        page = sandbox.http.get(answer["qr_code"])
        assert "¥9.90" in page.text
        assert "{a/b}+c" in page.text

    @pytest.mark.parametrize(
        ("change", "sub_code"),
        [
            ({"total_amount": "9.901"}, "ACQ.INVALID_PARAMETER"),
            ({"total_amount": "0"}, "ACQ.TOTAL_FEE_EXCEED"),
            ({"out_trade_no": "a-b"}, "ACQ.INVALID_PARAMETER"),
            ({"out_trade_no": "a" * 65}, "ACQ.INVALID_PARAMETER"),
            ({"subject": ""}, "ACQ.INVALID_PARAMETER"),
            ({"time_expire": "2020-01-01 00:00:00"}, "ACQ.NOW_TIME_AFTER_EXPIRE_TIME_ERROR"),
            ({"time_expire": "soon"}, "ACQ.INVALID_PARAMETER"),
            ({"timeout_express": "90"}, "ACQ.INVALID_PARAMETER"),
        ],
    )
    def test_a_malformed_trade_is_refused(self, alipay: AlipayClient, change: dict[str, Any], sub_code: str) -> None:
        asked = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug"} | change
        answer = alipay.call(PRECREATE, asked)
        assert (answer["code"], answer["sub_code"]) == ("40004", sub_code)

    def test_the_same_number_with_anything_changed_is_inconsistent(self, alipay: AlipayClient) -> None:
        alipay.precreate(NO)
        assert alipay.precreate(NO, "9.91")["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"
        assert alipay.precreate(NO, subject="Another")["sub_code"] == "ACQ.CONTEXT_INCONSISTENT"

    def test_a_second_code_for_the_same_trade_is_refused_or_the_same_as_set(
        self, alipay: AlipayClient, sandbox: Sandbox
    ) -> None:
        first = alipay.precreate(NO)
        assert alipay.precreate(NO)["sub_code"] == "ACQ.APPLY_PC_MERCHANT_CODE_ERROR"
        sandbox.post("/settings", alipay_repeat_precreate="same")
        assert alipay.precreate(NO)["qr_code"] == first["qr_code"]

    def test_a_paid_number_is_refused(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.pay("alipay", NO)
        assert alipay.precreate(NO)["sub_code"] == "ACQ.TRADE_HAS_SUCCESS"

    def test_a_closed_number_is_refused(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.post(f"/trades/alipay/{NO}/scan")
        alipay.close_trade(NO)
        assert alipay.precreate(NO)["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


class TestTheTradeAppearsOnScan:
    def test_before_the_scan_nobody_knows_it_and_it_can_still_be_paid(
        self, alipay: AlipayClient, sandbox: Sandbox
    ) -> None:
        alipay.precreate(NO)
        assert alipay.query(NO)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        assert alipay.close_trade(NO)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        assert sandbox.pay("alipay", NO)["state"] == "PAID"

    def test_opening_the_code_brings_it_into_being(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        sandbox.http.get(alipay.precreate(NO)["qr_code"])
        told = alipay.query(NO)
        assert (told["trade_status"], told["total_amount"]) == ("WAIT_BUYER_PAY", "9.90")
        assert "send_pay_date" not in told

    def test_whoever_scanned_first_is_the_only_one_who_can_pay(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.post(f"/trades/alipay/{NO}/scan", person="li-lei")
        paying = sandbox.http.post(f"/_sandbox/api/trades/alipay/{NO}/pay", json={"person": "han-meimei"})
        assert paying.status_code == 409

    def test_a_code_that_ran_out_before_the_scan_leaves_no_trade_and_can_be_asked_for_anew(
        self, alipay: AlipayClient, sandbox: Sandbox
    ) -> None:
        alipay.precreate(NO, time_expire=in_beijing(5))
        sandbox.post("/clock", advance_s=301)
        assert alipay.query(NO)["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        assert sandbox.http.post(f"/_sandbox/api/trades/alipay/{NO}/pay").status_code == 409
        assert alipay.precreate(NO)["code"] == "10000"

    def test_a_trade_that_ran_out_after_the_scan_is_closed_for_good(
        self, alipay: AlipayClient, sandbox: Sandbox
    ) -> None:
        alipay.precreate(NO, time_expire=in_beijing(5))
        sandbox.post(f"/trades/alipay/{NO}/scan")
        sandbox.post("/clock", advance_s=301)
        assert alipay.query(NO)["trade_status"] == "TRADE_CLOSED"
        assert alipay.precreate(NO)["sub_code"] == "ACQ.TRADE_HAS_CLOSE"


class TestQueryAndClose:
    def test_a_paid_trade_says_who_when_and_how_much(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        payment = sandbox.pay("alipay", NO)["payments"][0]
        told = alipay.query(NO)
        assert (told["code"], told["trade_status"], told["trade_no"]) == ("10000", "TRADE_SUCCESS", payment["trade_no"])
        assert (told["total_amount"], told["receipt_amount"], told["buyer_pay_amount"]) == ("9.90",) * 3
        assert told["subject"] == "A mug 杯子 {a/b}+c"
        datetime.strptime(told["send_pay_date"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)

    def test_alipays_own_number_wins_over_ours(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        number = sandbox.pay("alipay", NO)["payments"][0]["trade_no"]
        told = alipay.call("alipay.trade.query", {"trade_no": number, "out_trade_no": "other"})
        assert told["out_trade_no"] == NO

    def test_an_unpaid_trade_closes(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.post(f"/trades/alipay/{NO}/scan")
        assert alipay.close_trade(NO)["code"] == "10000"
        assert alipay.query(NO)["trade_status"] == "TRADE_CLOSED"
        assert sandbox.http.post(f"/_sandbox/api/trades/alipay/{NO}/pay").status_code == 409

    def test_whoever_paid_first_wins(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        sandbox.pay("alipay", NO)
        assert alipay.close_trade(NO)["sub_code"] == "ACQ.TRADE_STATUS_ERROR"
        assert alipay.query(NO)["trade_status"] == "TRADE_SUCCESS"

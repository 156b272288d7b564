"""Alipay: refunds are final at once; every change of a trade is told until the answer is `success`."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.alipay_client import AlipayClient
from tests.sandbox.server import TIME_FACTOR, Merchant, Sandbox, wait_for

NO, BACK = "A20260102B0001", "R20260102B0001"


@pytest.fixture
def paid(alipay: AlipayClient, sandbox: Sandbox) -> dict[str, Any]:
    alipay.precreate(NO)
    trade: dict[str, Any] = sandbox.pay("alipay", NO)
    return trade


class TestRefunds:
    def test_a_refund_moves_money_once(self, alipay: AlipayClient, paid: dict[str, Any], sandbox: Sandbox) -> None:
        first, second = alipay.refund(NO, BACK, "3.00"), alipay.refund(NO, BACK, "3.00")
        assert (first["fund_change"], second["fund_change"]) == ("Y", "N")
        assert first["refund_fee"] == second["refund_fee"] == "3.00"
        assert sandbox.get("/books")[0]["returned_minor"] == 300

    def test_another_amount_under_the_same_number_is_discordant(
        self, alipay: AlipayClient, paid: dict[str, Any]
    ) -> None:
        alipay.refund(NO, BACK, "3.00")
        assert alipay.refund(NO, BACK, "3.01")["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"

    def test_the_fee_is_cumulative_and_never_more_than_was_paid(
        self, alipay: AlipayClient, paid: dict[str, Any]
    ) -> None:
        alipay.refund(NO, BACK, "3.00")
        assert alipay.refund(NO, BACK + "b", "6.91")["sub_code"] == "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"
        assert alipay.refund(NO, BACK + "c", "6.00")["refund_fee"] == "9.00"

    def test_a_trade_stays_a_success_until_all_of_it_went_back(
        self, alipay: AlipayClient, paid: dict[str, Any]
    ) -> None:
        alipay.refund(NO, BACK, "3.00")
        assert alipay.query(NO)["trade_status"] == "TRADE_SUCCESS"
        alipay.refund(NO, BACK + "b", "6.90")
        told = alipay.query(NO)
        assert told["trade_status"] == "TRADE_CLOSED"
        assert "send_pay_date" in told  # it was paid once: not the same as closed unpaid
        assert alipay.refund(NO, BACK + "c", "0.01")["sub_code"] == "ACQ.TRADE_HAS_CLOSE"

    def test_a_refund_query_without_fields_means_not_refunded(self, alipay: AlipayClient, paid: dict[str, Any]) -> None:
        assert alipay.refund_query(NO, BACK) == {"code": "10000", "msg": "Success"}
        alipay.refund(NO, BACK, "3.00")
        told = alipay.refund_query(NO, BACK)
        assert (told["refund_status"], told["refund_amount"]) == ("REFUND_SUCCESS", "3.00")

    def test_a_refund_that_takes_its_time_says_n_first(
        self, alipay: AlipayClient, paid: dict[str, Any], sandbox: Sandbox
    ) -> None:
        sandbox.post("/settings", alipay_refund_settle_s=30)
        assert alipay.refund(NO, BACK, "3.00")["fund_change"] == "N"
        wait_for(lambda: alipay.refund_query(NO, BACK).get("refund_status") == "REFUND_SUCCESS")

    def test_an_unpaid_trade_has_nothing_to_return(self, alipay: AlipayClient, sandbox: Sandbox) -> None:
        alipay.precreate(NO)
        assert alipay.refund(NO, BACK, "9.90")["sub_code"] == "ACQ.TRADE_NOT_EXIST"
        sandbox.post(f"/trades/alipay/{NO}/scan")
        assert alipay.refund(NO, BACK, "9.90")["sub_code"] == "ACQ.TRADE_STATUS_ERROR"


class TestNotifications:
    def test_a_payment_is_told_signed_as_a_form(
        self, alipay: AlipayClient, paid: dict[str, Any], merchant: Merchant
    ) -> None:
        form = alipay.opened(merchant.wait()[0])
        assert (form["trade_status"], form["total_amount"], form["out_trade_no"]) == ("TRADE_SUCCESS", "9.90", NO)
        assert form["trade_no"] == paid["payments"][0]["trade_no"]
        assert (form["app_id"], form["seller_id"]) == (alipay.account["app_id"], alipay.account["seller_id"])
        assert form["subject"] == "A mug 杯子 {a/b}+c"
        assert form["notify_type"] == "trade_status_sync"
        assert json.loads(form["fund_bill_list"])[0]["amount"] == "9.90"

    @pytest.mark.parametrize(
        "answer", [(200, b"SUCCESS"), (200, b"success\n"), (204, b""), (500, b"success"), (302, b"success")]
    )
    def test_nothing_but_the_word_itself_is_an_acknowledgement(
        self, alipay: AlipayClient, sandbox: Sandbox, merchant: Merchant, answer: tuple[int, bytes]
    ) -> None:
        merchant.answers = [answer]
        alipay.precreate(NO)
        sandbox.pay("alipay", NO)
        wait_for(lambda: sandbox.get("/notifications")[0]["tries"] == 1)
        notification = sandbox.get("/notifications")[0]
        assert (notification["state"], notification["sends"][0]["verdict"]) == ("PENDING", "REFUSED")
        assert notification["next_at"] - notification["created_at"] >= 4 * 60 / TIME_FACTOR

    def test_repeats_have_the_same_notify_id(self, alipay: AlipayClient, sandbox: Sandbox, merchant: Merchant) -> None:
        merchant.answers = [(200, b"fail"), (200, b"success")]
        alipay.precreate(NO)
        sandbox.pay("alipay", NO)
        wait_for(lambda: merchant.posted)
        sandbox.post("/clock", advance_s=5)
        first, second = (alipay.opened(one) for one in merchant.wait(2))
        assert first["notify_id"] == second["notify_id"]
        wait_for(lambda: sandbox.get("/notifications")[0]["state"] == "ACKNOWLEDGED")

    def test_a_refund_is_told_with_the_status_that_it_left_behind(
        self, alipay: AlipayClient, paid: dict[str, Any], merchant: Merchant
    ) -> None:
        merchant.wait(1)
        alipay.refund(NO, BACK, "3.00")
        part = alipay.opened(merchant.wait(2)[1])
        alipay.refund(NO, BACK + "b", "6.90")
        rest = alipay.opened(merchant.wait(3)[2])
        assert (part["trade_status"], part["refund_fee"], part["out_biz_no"]) == ("TRADE_SUCCESS", "3.00", BACK)
        assert (rest["trade_status"], rest["refund_fee"], rest["out_biz_no"]) == ("TRADE_CLOSED", "9.90", BACK + "b")
        assert {"gmt_refund", "gmt_payment"} <= part.keys()

    def test_a_closed_trade_is_told_without_a_payment(
        self, alipay: AlipayClient, sandbox: Sandbox, merchant: Merchant
    ) -> None:
        alipay.precreate(NO)
        sandbox.post(f"/trades/alipay/{NO}/scan")
        alipay.close_trade(NO)
        form = alipay.opened(merchant.wait()[0])
        assert form["trade_status"] == "TRADE_CLOSED"
        assert "gmt_payment" not in form
        assert "gmt_close" in form

    def test_a_forged_one_does_not_verify(self, alipay: AlipayClient, sandbox: Sandbox, merchant: Merchant) -> None:
        alipay.precreate(NO)
        sandbox.pay("alipay", NO, notify={"kind": "bad_signature"})
        merchant.wait()
        with pytest.raises(AssertionError):
            alipay.opened(merchant.posted[0])

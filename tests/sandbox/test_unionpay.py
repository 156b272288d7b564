"""UnionPay: the browser pays, only a query or notification tells, undo and refund end later."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from tests.sandbox.server import Merchant, Sandbox, wait_for
from tests.sandbox.unionpay_client import UnionpayClient, moment, parsed

NO, BACK = "U20260102A0001", "R20260102A0001"


@pytest.fixture
def at(unionpay: UnionpayClient) -> str:
    """The txnTime of a payment that the browser has begun."""
    txn_time = moment()
    assert unionpay.front(unionpay.consume_form(NO, txn_time)).status_code == 303
    return txn_time


@pytest.fixture
def paid(sandbox: Sandbox, at: str) -> dict[str, Any]:
    trade: dict[str, Any] = sandbox.pay("unionpay", NO)
    return trade


class TestWhoMayAsk:
    @pytest.mark.parametrize(
        "name", ["version", "encoding", "signMethod", "merId", "orderId", "txnTime", "txnType", "signature"]
    )
    def test_without_a_key_field_the_request_is_invalid(self, unionpay: UnionpayClient, name: str) -> None:
        form = unionpay.signed(txnType="00", txnSubType="00", bizType="000201", orderId=NO, txnTime=moment())
        form.pop(name)
        answer = unionpay.post(f"{unionpay.account['gateway_url']}/queryTrans.do", data=form)
        assert (answer.status_code, answer.text) == (200, "Invalid request.")

    @pytest.mark.parametrize(
        ("change", "code"),
        [({"orderId": "U99999999"}, "11"), ({"certId": "1"}, "11"), ({"signature": "eA=="}, "11"),
         ({"version": "5.0.0"}, "10"), ({"merId": "777290058110048"}, "10")],
    )  # fmt: skip
    def test_a_changed_request_is_refused_in_a_signed_answer(
        self, unionpay: UnionpayClient, change: dict[str, str], code: str
    ) -> None:
        form = unionpay.signed(txnType="00", txnSubType="00", bizType="000201", orderId=NO, txnTime=moment())
        assert unionpay.ask(f"{unionpay.account['gateway_url']}/queryTrans.do", form | change)["respCode"] == code


class TestConsume:
    def test_the_form_leads_to_the_pay_page(self, unionpay: UnionpayClient, sandbox: Sandbox) -> None:
        answer = unionpay.front(unionpay.consume_form(NO, moment()))
        assert answer.status_code == 303
        assert "¥9.90" in sandbox.http.get(answer.headers["location"]).text

    def test_the_same_number_and_time_again_is_a_repeat(self, unionpay: UnionpayClient, at: str) -> None:
        answer = unionpay.front(unionpay.consume_form(NO, at))
        assert answer.status_code == 200
        assert "<code>12</code>" in answer.text

    def test_the_same_number_at_another_time_is_another_payment(
        self, unionpay: UnionpayClient, sandbox: Sandbox, at: str
    ) -> None:
        later = moment(1)
        assert unionpay.front(unionpay.consume_form(NO, later)).status_code == 303
        for txn_time in (at, later):
            sandbox.http.post(f"/_sandbox/api/trades/unionpay/{NO}/pay?txn_time={txn_time}")
        assert len(sandbox.get("/books")) == 2

    @pytest.mark.parametrize(
        "change",
        [{"txnAmt": "9.90"}, {"txnAmt": "0"}, {"txnTime": "20200101000000"}, {"orderId": "with-dash"}, {"backUrl": ""},
         {"payTimeout": "20200101000000"}, {"reqReserved": "a=b"}, {"txnSubType": "00"}, {"currencyCode": "840"}],
    )  # fmt: skip
    def test_a_malformed_form_is_an_error_page(self, unionpay: UnionpayClient, change: dict[str, str]) -> None:
        assert "<code>10</code>" in unionpay.front(unionpay.consume_form(NO, moment(), **change)).text


class TestQuery:
    def test_nothing_is_found_until_the_page_was_touched(
        self, unionpay: UnionpayClient, sandbox: Sandbox, at: str
    ) -> None:
        assert unionpay.query(NO, at)["respCode"] == "34"
        sandbox.http.get(sandbox.get(f"/trades/unionpay/{NO}")["pay_url"])
        assert unionpay.query(NO, at)["respCode"] == "34"
        sandbox.post(f"/trades/unionpay/{NO}/scan")
        answer = unionpay.query(NO, at)
        assert (answer["respCode"], answer["origRespCode"]) == ("00", "70")

    @pytest.mark.parametrize("biz_type", ["000201", "000000"])
    def test_a_paid_trade_says_so(self, unionpay: UnionpayClient, paid: dict[str, Any], biz_type: str) -> None:
        answer = unionpay.query(NO, paid["txn_time"], bizType=biz_type)
        assert (answer["respCode"], answer["origRespCode"]) == ("00", "00")
        assert answer["origRespMsg"] == "成功[0000000]"
        assert answer["queryId"] == paid["payments"][0]["trade_no"]
        assert re.fullmatch(r"\d{21}", answer["queryId"])
        assert (answer["txnAmt"], answer["settleAmt"], answer["txnType"]) == ("990", "990", "01")
        assert re.fullmatch(r"\d{4}", answer["settleDate"])
        assert answer["reserved"] == "{cardNumberLock=0&route=[a=1&b=2]}"

    def test_the_right_number_at_another_time_finds_nothing(
        self, unionpay: UnionpayClient, paid: dict[str, Any]
    ) -> None:
        assert unionpay.query(NO, "20260102030405")["respCode"] == "34"

    def test_a_declined_card_is_no_end(self, unionpay: UnionpayClient, sandbox: Sandbox, at: str) -> None:
        sandbox.post(f"/trades/unionpay/{NO}/decline")
        assert unionpay.query(NO, at)["origRespCode"] == "64"
        sandbox.pay("unionpay", NO)
        assert unionpay.query(NO, at)["origRespCode"] == "00"

    def test_after_the_time_limit_nobody_can_pay(self, unionpay: UnionpayClient, sandbox: Sandbox, at: str) -> None:
        sandbox.post(f"/trades/unionpay/{NO}/scan")
        sandbox.post("/clock", advance_s=901)
        assert sandbox.http.post(f"/_sandbox/api/trades/unionpay/{NO}/pay").status_code == 409
        assert unionpay.query(NO, at)["origRespCode"] == "01"

    def test_money_that_comes_too_late_goes_back_by_itself(
        self, unionpay: UnionpayClient, sandbox: Sandbox, at: str
    ) -> None:
        sandbox.post("/clock", advance_s=901)
        sandbox.pay("unionpay", NO, force=True)
        assert unionpay.query(NO, at)["origRespCode"] == "42"
        assert sandbox.get("/notifications") == []
        sandbox.post("/clock", advance_s=5 * 86400)
        refund = sandbox.get(f"/trades/unionpay/{NO}")["refunds"][0]
        assert (refund["kind"], refund["state"], refund["amount_minor"]) == ("automatic", "SUCCESS", 990)


class TestNotification:
    def test_a_payment_is_told_with_its_certificate(
        self, unionpay: UnionpayClient, paid: dict[str, Any], merchant: Merchant
    ) -> None:
        form = unionpay.opened(merchant.wait()[0])
        assert (form["respCode"], form["orderId"], form["txnTime"]) == ("00", NO, paid["txn_time"])
        assert (form["txnAmt"], form["bizType"], form["merId"]) == ("990", "000201", unionpay.account["mer_id"])

    def test_with_bare_line_ends_in_the_certificate_it_does_not_verify(
        self, unionpay: UnionpayClient, paid: dict[str, Any], merchant: Merchant
    ) -> None:
        form = unionpay.opened(merchant.wait()[0])
        assert not unionpay.genuine(form | {"signPubKeyCert": form["signPubKeyCert"].replace("\r\n", "\n")})

    def test_it_is_sent_five_times_in_all(
        self, unionpay: UnionpayClient, sandbox: Sandbox, merchant: Merchant, at: str
    ) -> None:
        merchant.answers = [(500, b"")]
        sandbox.pay("unionpay", NO)
        for sends in range(1, 6):
            merchant.wait(sends)
            wait_for(lambda: sandbox.get("/notifications")[0]["state"] != "SENDING")
            sandbox.post("/clock", advance_s=5)
        assert sandbox.get("/notifications")[0]["state"] == "GIVEN_UP"
        assert len(merchant.posted) == 5

    def test_the_page_leads_back_with_the_same_signed_fields(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid: dict[str, Any]
    ) -> None:
        page = sandbox.http.get(paid["pay_url"]).text
        form = page[page.index('action="http://shop.example/return"') : page.index("<button id=back")]
        fields = {k: unescape(v) for k, v in re.findall(r'name="(.*?)" value="(.*?)"', form, re.DOTALL)}
        fields["signPubKeyCert"] = fields["signPubKeyCert"].replace("\r\n", "\n").replace("\n", "\r\n")
        assert unionpay.genuine(fields)
        assert (fields["orderId"], fields["respCode"]) == (NO, "00")


class TestUndoAndRefund:
    def test_a_refund_is_accepted_then_processing_then_done(
        self, unionpay: UnionpayClient, sandbox: Sandbox, merchant: Merchant, paid: dict[str, Any]
    ) -> None:
        txn_time = moment()
        accepted = unionpay.back("04", BACK, txn_time, "300", origQryId=paid["payments"][0]["trade_no"])
        assert accepted["respCode"] == "00"
        assert unionpay.query(BACK, txn_time)["origRespCode"] == "05"
        wait_for(lambda: unionpay.query(BACK, txn_time)["origRespCode"] == "00")
        form = unionpay.opened(merchant.wait(2)[1])
        assert (form["txnType"], form["orderId"], form["respCode"]) == ("04", BACK, "00")
        assert form["origQryId"] == paid["payments"][0]["trade_no"]
        assert [line["returned_minor"] for line in sandbox.get("/books")] == [300]

    def test_the_same_refund_again_is_a_repeat(self, unionpay: UnionpayClient, paid: dict[str, Any]) -> None:
        txn_time, original = moment(), paid["payments"][0]["trade_no"]
        unionpay.back("04", BACK, txn_time, "300", origQryId=original)
        assert unionpay.back("04", BACK, txn_time, "300", origQryId=original)["respCode"] == "12"

    def test_no_more_goes_back_than_was_paid(self, unionpay: UnionpayClient, paid: dict[str, Any]) -> None:
        original = paid["payments"][0]["trade_no"]
        unionpay.back("04", BACK, moment(), "600", origQryId=original)
        assert unionpay.back("04", BACK + "b", moment(), "391", origQryId=original)["respCode"] == "36"
        assert unionpay.back("04", BACK + "c", moment(), "390", origQryId=original)["respCode"] == "00"

    def test_an_unknown_original_is_refused(self, unionpay: UnionpayClient, at: str) -> None:
        assert unionpay.back("04", BACK, moment(), "300", origQryId="2" * 21)["respCode"] == "35"
        assert unionpay.back("04", BACK, moment(), "300", origOrderId=NO, origTxnTime=at)["respCode"] == "35"

    def test_an_undo_takes_all_of_it_on_the_same_day(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid: dict[str, Any]
    ) -> None:
        original = paid["payments"][0]["trade_no"]
        assert unionpay.back("31", BACK, moment(), "300", origQryId=original)["respCode"] == "36"
        assert unionpay.back("31", BACK, moment(), "990", origQryId=original)["respCode"] == "00"
        assert unionpay.back("31", BACK + "b", moment(), "990", origQryId=original)["respCode"] == "35"

    def test_an_undo_on_the_next_settlement_day_is_refused(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid: dict[str, Any]
    ) -> None:
        sandbox.post("/clock", advance_s=86400)
        original = paid["payments"][0]["trade_no"]
        assert unionpay.back("31", BACK, moment(), "990", origQryId=original)["respCode"] == "35"


class TestFaults:
    def test_state_unclear_although_it_was_done(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid: dict[str, Any]
    ) -> None:
        sandbox.arm("system_error_after", channel="unionpay", call="refund")
        original = paid["payments"][0]["trade_no"]
        assert unionpay.back("04", BACK, moment(), "300", origQryId=original)["respCode"] == "04"
        assert [line["returned_minor"] for line in sandbox.get("/books")] == [300]

    @pytest.mark.parametrize("kind", ["bad_signature", "no_signature"])
    def test_an_answer_can_lack_a_good_signature(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid: dict[str, Any], kind: str
    ) -> None:
        sandbox.arm(kind, channel="unionpay", call="query")
        form = unionpay.signed(txnType="00", txnSubType="00", bizType="000201", orderId=NO, txnTime=paid["txn_time"])
        answer = unionpay.post(f"{unionpay.account['gateway_url']}/queryTrans.do", data=form)
        assert not unionpay.genuine(parsed(answer.text))

    def test_a_query_can_lag_behind_a_payment(
        self, unionpay: UnionpayClient, sandbox: Sandbox, paid: dict[str, Any]
    ) -> None:
        sandbox.arm("not_paid_yet", channel="unionpay", call="query")
        assert [unionpay.query(NO, paid["txn_time"])["origRespCode"] for _ in range(2)] == ["70", "00"]

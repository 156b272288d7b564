"""What people do: pay twice, pay late, pay the wrong amount, press buttons on the phone's page."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.sandbox.alipay_client import AlipayClient
from tests.sandbox.server import Merchant, Sandbox, issue
from tests.sandbox.wechat_client import WechatClient

NO = "P20260102A0001"


def press(sandbox: Sandbox, address: str, **form: str) -> httpx.Response:
    answer = sandbox.http.post(address, data=form)
    assert answer.status_code == 303
    return sandbox.http.get(answer.headers["location"])


def notice(page: httpx.Response) -> str:
    found = re.search(r"<p class=notice role=status id=said>(.*?)</p>", page.text)
    return found[1] if found else ""


@pytest.fixture
def code(wechat: WechatClient) -> str:
    return str(wechat.told(wechat.create(NO))["code_url"])


class TestThePhone:
    def test_pay_takes_the_money_and_says_so(self, sandbox: Sandbox, code: str, merchant: Merchant) -> None:
        assert "Paid." in notice(press(sandbox, code, action="pay"))
        assert [line["amount_minor"] for line in sandbox.get("/books")] == [990]
        merchant.wait()

    def test_paying_twice_is_refused_in_words(self, sandbox: Sandbox, code: str) -> None:
        press(sandbox, code, action="pay")
        assert "not charged again" in notice(press(sandbox, code, action="pay"))
        assert "already paid" in notice(press(sandbox, code, action="pay", **{"as": "han-meimei"}))
        assert len(sandbox.get("/books")) == 1

    def test_a_closed_code_is_refused_in_words(self, sandbox: Sandbox, wechat: WechatClient, code: str) -> None:
        wechat.close_order(NO)
        assert "closed" in notice(press(sandbox, code, action="pay"))
        assert sandbox.get("/books") == []

    def test_the_lucky_and_unlucky_buttons(self, sandbox: Sandbox, wechat: WechatClient, merchant: Merchant) -> None:
        twists = {}
        for action in ("pay_lost", "pay_thrice", "pay_late"):
            number = f"{NO}{action}"
            press(sandbox, wechat.told(wechat.create(number))["code_url"], action=action, delay_s="600")
            twists[action] = sandbox.get("/notifications", out_trade_no=number)[0]
        assert twists["pay_lost"]["state"] == "LOST"
        assert twists["pay_late"]["next_at"] - twists["pay_late"]["created_at"] == pytest.approx(600)
        merchant.wait(3)

    def test_decline_charges_nothing_and_the_code_still_works(self, sandbox: Sandbox, code: str) -> None:
        assert "did not pay" in notice(press(sandbox, code, action="decline"))
        assert sandbox.get("/books") == []
        assert "Paid." in notice(press(sandbox, code, action="pay"))

    def test_an_unknown_code_is_a_page_too(self, sandbox: Sandbox) -> None:
        answer = sandbox.http.get("/pay/wechat/wx123")
        assert answer.status_code == 404
        assert "not known" in answer.text

    def test_a_title_is_text_never_html(self, sandbox: Sandbox, wechat: WechatClient) -> None:
        code = wechat.told(wechat.create(NO, description="<script>alert(1)</script>"))["code_url"]
        for page in (sandbox.http.get(code), sandbox.http.get("/_sandbox/")):
            assert "<script" not in page.text
            assert "&lt;script&gt;" in page.text


class TestTheUnusual:
    def test_a_second_person_can_pay_the_same_code_when_that_is_set(
        self, sandbox: Sandbox, wechat: WechatClient, code: str, merchant: Merchant
    ) -> None:
        sandbox.pay("wechat", NO)
        sandbox.post(f"/trades/wechat/{NO}/second-payment")
        sandbox.pay("wechat", NO, person="han-meimei")
        lines = sandbox.get("/books")
        assert [line["payer"] for line in lines] == ["li-lei", "han-meimei"]
        assert len({line["trade_no"] for line in lines}) == 2
        told = {wechat.opened(one)[1]["transaction_id"] for one in merchant.wait(2)}
        assert told == {line["trade_no"] for line in lines}

    def test_a_success_can_come_after_the_close(self, sandbox: Sandbox, alipay: AlipayClient) -> None:
        alipay.precreate(NO)
        sandbox.post(f"/trades/alipay/{NO}/scan")
        alipay.close_trade(NO)
        sandbox.pay("alipay", NO, force=True)
        assert alipay.query(NO)["trade_status"] == "TRADE_SUCCESS"

    def test_another_amount_can_be_collected(self, sandbox: Sandbox, wechat: WechatClient, code: str) -> None:
        sandbox.pay("wechat", NO, amount_minor=1)
        assert wechat.told(wechat.query(NO))["amount"]["total"] == 1


class TestTheControlPage:
    def test_it_shows_trades_notifications_calls_and_faults(
        self, sandbox: Sandbox, wechat: WechatClient, code: str, merchant: Merchant
    ) -> None:
        sandbox.pay("wechat", NO)
        merchant.wait()
        wechat.refund(NO, "R" + NO, 100)
        sandbox.arm("slow", channel="wechat", call="query")
        page = sandbox.http.get("/_sandbox/").text
        for shown in (NO, "R" + NO, "payment", "create", "slow", "li-lei"):
            assert shown in page

    def test_its_buttons_do_what_the_api_does(self, sandbox: Sandbox, code: str) -> None:
        paid = sandbox.http.post("/_sandbox/do", data={"do": "pay", "channel": "wechat", "number": NO})
        assert paid.status_code == 303
        sandbox.http.post("/_sandbox/do", data={"do": "arm", "kind": "slow", "call": "query", "count": "2"})
        assert [fault["left_count"] for fault in sandbox.get("/faults")] == [2]
        again = sandbox.http.post("/_sandbox/do", data={"do": "pay", "channel": "wechat", "number": NO})
        assert "already paid" in sandbox.http.get(again.headers["location"]).text
        assert len(sandbox.get("/books")) == 1


def test_issuing_again_gives_the_same_keys_at_the_new_address(sandbox: Sandbox) -> None:
    moved = issue(sandbox.data, "http://sandbox.example/")
    back = issue(sandbox.data, sandbox.base_url)
    assert back == sandbox.accounts
    assert moved["wechat"] == sandbox.accounts["wechat"] | {"base_url": "http://sandbox.example"}
    assert moved["alipay"]["gateway_url"] == "http://sandbox.example/gateway.do"


def test_a_reset_forgets_trades_and_keeps_numbers_used(sandbox: Sandbox, wechat: WechatClient) -> None:
    wechat.create(NO)
    first = sandbox.pay("wechat", NO)["payments"][0]["trade_no"]
    sandbox.post("/reset")
    assert sandbox.get("/trades") == sandbox.get("/books") == sandbox.get("/notifications") == []
    wechat.create(NO)
    assert sandbox.pay("wechat", NO)["payments"][0]["trade_no"] != first

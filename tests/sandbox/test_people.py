"""What people do: pay twice, pay late, pay the wrong amount, press buttons on the phone's page."""

from __future__ import annotations

import re
import subprocess
import sys

import httpx
import pytest

from sandbox.bills import FaultKind
from sandbox.control import words as control_words
from sandbox.faults import CALL_FAULTS, NOTIFY_FAULTS
from sandbox.phone import words
from tests.sandbox.alipay_client import AlipayClient
from tests.sandbox.server import ROOT, Merchant, Sandbox, issue
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


class TestItsLanguages:
    def test_it_speaks_the_browsers_language(self, sandbox: Sandbox, code: str) -> None:
        page = sandbox.http.get(code, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}).text
        assert "<html lang=zh>" in page
        assert ">付款</button>" in page
        assert "Whose phone" not in page

    def test_the_choice_of_a_person_wins_and_stays(self, sandbox: Sandbox, code: str) -> None:
        assert ">Pay</button>" in sandbox.http.get(code).text
        page = press(sandbox, f"{code}?lang=zh", action="pay", lang="zh")
        assert "支付成功" in notice(page)
        again = press(sandbox, code, action="pay", lang="zh")
        assert "不会重复扣款" in notice(again)
        assert ">English</a>" in again.text

    def test_everything_is_said_in_both(self) -> None:
        for key, (english, chinese) in (*words.WORDS.items(), *control_words.WORDS.items()):
            assert english
            assert re.search("[\u4e00-\u9fff]", chinese), key


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

    def test_it_has_the_whole_menu(self, sandbox: Sandbox) -> None:
        page = sandbox.http.get("/_sandbox/").text
        for offered in (*CALL_FAULTS, *NOTIFY_FAULTS, *FaultKind):
            assert f"<option value={offered}>" in page
            assert offered in control_words.WORDS, "with what it means"

    def test_a_fault_can_be_armed_for_the_nth_time_by_chance_and_until_disarmed(self, sandbox: Sandbox) -> None:
        form = {"do": "arm", "channel": "wechat", "call": "refund", "kind": "refuse", "code": "NOT_ENOUGH"}
        when = {"skip": "2", "count": "0", "probability": "0.25", "out_trade_no": NO, "options": '{"wait_s": 5}'}
        sandbox.http.post("/_sandbox/do", data=form | when)
        (fault,) = sandbox.get("/faults")
        assert (fault["skip"], fault["left_count"], fault["probability"]) == (2, None, 0.25)
        assert (fault["out_trade_no"], fault["options"]) == (NO, {"code": "NOT_ENOUGH", "wait_s": 5})
        assert "until disarmed" in sandbox.http.get("/_sandbox/").text
        sandbox.http.post("/_sandbox/do", data={"do": "disarm", "id": str(fault["id"])})
        assert sandbox.get("/faults") == []

    def test_a_bill_can_be_spoiled_and_mended(self, sandbox: Sandbox) -> None:
        form = {"do": "spoil", "channel": "alipay", "kind": "missing", "out_trade_no": NO, "amount_minor": "1"}
        sandbox.http.post("/_sandbox/do", data=form)
        (fault,) = sandbox.get("/bill-faults")
        assert (fault["channel"], fault["kind"], fault["out_trade_no"]) == ("alipay", "missing", NO)
        sandbox.http.post("/_sandbox/do", data={"do": "mend", "id": str(fault["id"])})
        assert sandbox.get("/bill-faults") == []

    def test_it_speaks_chinese_too_and_stays_at_it(self, sandbox: Sandbox, code: str) -> None:
        page = sandbox.http.get("/_sandbox/", headers={"Accept-Language": "zh-CN"}).text
        assert "<html lang=zh>" in page
        assert "timeout_after – 无响应，已处理" in page
        sandbox.pay("wechat", NO)
        again = sandbox.http.post("/_sandbox/do", data={"do": "pay", "channel": "wechat", "number": NO, "lang": "zh"})
        answer = sandbox.http.get(again.headers["location"]).text
        assert "不会重复扣款" in answer
        assert ">English<" in answer

    def test_nonsense_is_answered_in_words(self, sandbox: Sandbox) -> None:
        for form in (
            {"do": "spoil", "kind": "missing"},
            {"do": "arm", "kind": "slow", "count": "many"},
            {"do": "arm", "kind": "slow", "options": "5"},
            {"do": "dance"},
        ):
            answer = sandbox.http.post("/_sandbox/do", data=form)
            assert "role=status" in sandbox.http.get(answer.headers["location"]).text


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


def test_the_example_of_another_program_sells_its_tea(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "sandbox.example", str(sandbox.data)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    _, told, asked = run.stdout.splitlines()
    assert told == "the notification says: SUCCESS"
    assert asked.startswith("the query says: SUCCESS 4200")


def test_it_runs_with_the_four_packages_that_it_names() -> None:
    """Another program's developer installs sandbox/requirements.txt and nothing of payhub's."""
    lines = (ROOT / "sandbox/requirements.txt").read_text().splitlines()
    named = {re.split("[=]", line)[0] for line in lines if re.match("[a-z]", line)}
    sources = [path.read_text() for path in (ROOT / "sandbox").rglob("*.py")]
    imported = {name for source in sources for name in re.findall(r"^(?:from|import) (\w+)", source, re.MULTILINE)}
    assert imported - set(sys.stdlib_module_names) - {"sandbox"} == named

"""Faults: what is armed strikes as often as asked, and what the caller sees is not what happened."""

from __future__ import annotations

import threading
from pathlib import Path

import httpx
import pytest

from sandbox.faults import Faults
from sandbox.settings import Settings
from sandbox.store import Store
from tests.sandbox.alipay_client import AlipayClient
from tests.sandbox.server import Merchant, Sandbox, wait_for
from tests.sandbox.wechat_client import WechatClient

NO = "F20260102A0001"


@pytest.mark.parametrize(("kind", "done"), [("timeout_before", False), ("timeout_after", True)])
def test_a_call_can_time_out_before_or_after_its_effect(
    wechat: WechatClient, sandbox: Sandbox, kind: str, *, done: bool
) -> None:
    sandbox.arm(kind, channel="wechat", call="create", wait_s=1.5)
    with pytest.raises(httpx.TimeoutException):
        wechat.call("POST", "/v3/pay/transactions/native", wechat.order(NO), timeout=0.5)
    assert bool(sandbox.get("/trades")) == done


def test_a_late_effect_comes_when_the_caller_is_long_gone(wechat: WechatClient, sandbox: Sandbox) -> None:
    sandbox.arm("late_effect", channel="wechat", call="create", wait_s=3)
    with pytest.raises(httpx.TimeoutException):
        wechat.call("POST", "/v3/pay/transactions/native", wechat.order(NO), timeout=0.5)
    assert wechat.close_order(NO).status_code == 404  # a close that overtakes its create
    wait_for(lambda: sandbox.get("/trades"))


def test_the_hang_is_as_long_as_set(wechat: WechatClient, sandbox: Sandbox) -> None:
    sandbox.post("/settings", hang_s=0.1)
    sandbox.arm("timeout_after", channel="wechat", call="create")
    assert wechat.create(NO).elapsed.total_seconds() >= 0.1


@pytest.mark.parametrize(
    ("kind", "status", "done"),
    [("http_500", 500, False), ("http_502", 502, False), ("http_500_after", 500, True), ("http_502_after", 502, True)],
)
def test_a_proxy_can_answer_instead_of_the_channel(
    wechat: WechatClient, sandbox: Sandbox, kind: str, status: int, *, done: bool
) -> None:
    sandbox.arm(kind, channel="wechat", call="create")
    answer = wechat.create(NO)
    assert (answer.status_code, answer.headers["content-type"][:9]) == (status, "text/html")
    assert bool(sandbox.get("/trades")) == done


@pytest.mark.parametrize(("kind", "done"), [("cut_before", False), ("cut_after", True)])
def test_the_connection_can_break_in_the_answer(
    wechat: WechatClient, sandbox: Sandbox, kind: str, *, done: bool
) -> None:
    sandbox.arm(kind, channel="wechat", call="create")
    with pytest.raises(httpx.RemoteProtocolError):
        wechat.create(NO)
    assert bool(sandbox.get("/trades")) == done


@pytest.mark.parametrize(("kind", "done"), [("system_error", False), ("system_error_after", True)])
def test_a_system_error_says_nothing_about_the_effect(
    wechat: WechatClient, alipay: AlipayClient, sandbox: Sandbox, kind: str, *, done: bool
) -> None:
    sandbox.arm(kind, call="create", count=2)
    answer = wechat.create(NO)
    assert (answer.status_code, answer.json()["code"]) == (500, "SYSTEM_ERROR")
    content = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug"}
    unavailable = alipay.ask(alipay.signed("alipay.trade.precreate", content)).json()
    assert unavailable["alipay_trade_precreate_response"]["code"] == "20000"
    assert "sign" not in unavailable
    assert len(sandbox.get("/trades")) == (2 if done else 0)


def test_a_call_can_be_refused_with_any_code_of_the_channel(
    wechat: WechatClient, alipay: AlipayClient, sandbox: Sandbox
) -> None:
    sandbox.arm("refuse", channel="wechat", code="FREQUENCY_LIMITED")
    answer = wechat.create(NO)
    assert (answer.status_code, answer.json()["code"]) == (429, "FREQUENCY_LIMITED")
    sandbox.arm("refuse", channel="alipay", code="ACQ.SYSTEM_ERROR")
    assert alipay.precreate(NO)["sub_code"] == "ACQ.SYSTEM_ERROR"  # this one is signed


@pytest.mark.parametrize("kind", ["bad_signature", "no_signature"])
def test_a_true_answer_can_lack_a_good_signature(
    wechat: WechatClient, alipay: AlipayClient, sandbox: Sandbox, kind: str
) -> None:
    sandbox.arm(kind, count=2)
    answer = wechat.create(NO)
    assert answer.status_code == 200
    assert ("wechatpay-signature" in answer.headers) == (kind == "bad_signature")
    if kind == "bad_signature":
        assert not wechat.genuine(answer.headers, answer.content)
    content = {"out_trade_no": NO, "total_amount": "9.90", "subject": "A mug"}
    gateway = alipay.ask(alipay.signed("alipay.trade.precreate", content))
    assert not alipay.genuine(*_split(alipay, gateway.text))
    assert len(sandbox.get("/trades")) == 2


def _split(alipay: AlipayClient, text: str) -> tuple[bytes, str]:
    substring, sign = alipay.split(text, "alipay.trade.precreate")
    return substring.encode(), sign


def test_a_close_can_lie(wechat: WechatClient, alipay: AlipayClient, sandbox: Sandbox) -> None:
    sandbox.arm("lie", call="close", count=2)
    wechat.create(NO)
    alipay.precreate(NO)
    sandbox.post(f"/trades/alipay/{NO}/scan")
    assert wechat.close_order(NO).status_code == 204
    assert alipay.close_trade(NO)["code"] == "10000"
    assert wechat.told(wechat.query(NO))["trade_state"] == "NOTPAY"
    assert alipay.query(NO)["trade_status"] == "WAIT_BUYER_PAY"
    assert sandbox.pay("wechat", NO)["state"] == "PAID"


def test_a_query_can_lag_behind_a_payment(wechat: WechatClient, alipay: AlipayClient, sandbox: Sandbox) -> None:
    sandbox.arm("not_paid_yet", channel="wechat", call="query", count=2)
    sandbox.arm("not_paid_yet", channel="alipay", call="query")
    wechat.create(NO)
    alipay.precreate(NO)
    sandbox.pay("wechat", NO)
    sandbox.pay("alipay", NO)
    assert [wechat.told(wechat.query(NO))["trade_state"] for _ in range(3)] == ["NOTPAY", "NOTPAY", "SUCCESS"]
    assert [alipay.query(NO)["trade_status"] for _ in range(2)] == ["WAIT_BUYER_PAY", "TRADE_SUCCESS"]
    assert len(sandbox.get("/books")) == 2


def test_a_call_can_come_twice_at_once(wechat: WechatClient, alipay: AlipayClient, sandbox: Sandbox) -> None:
    sandbox.arm("double_submit", call="create", count=2)
    assert "code_url" in wechat.told(wechat.create(NO)), "the same order again"
    assert alipay.precreate(NO)["sub_code"] == "ACQ.APPLY_PC_MERCHANT_CODE_ERROR", "a code is given out once"
    assert len(sandbox.get("/trades")) == 2
    sandbox.arm("double_submit", channel="wechat", call="refund")
    sandbox.pay("wechat", NO)
    wechat.refund(NO, "R" + NO, 100)
    assert [line["returned_minor"] for line in sandbox.get("/books", channel="wechat")] == [100]


def test_a_fault_strikes_only_the_call_and_number_it_is_armed_for(wechat: WechatClient, sandbox: Sandbox) -> None:
    sandbox.arm("http_500", channel="wechat", call="query", out_trade_no=NO)
    wechat.create(NO)
    wechat.create(NO + "b")
    assert wechat.query(NO + "b").status_code == 200
    assert wechat.query(NO).status_code == 500
    assert wechat.query(NO).status_code == 200


def test_a_fault_can_let_some_calls_pass_first_and_stay_until_disarmed(wechat: WechatClient, sandbox: Sandbox) -> None:
    sandbox.arm("http_500", channel="wechat", call="create", skip=1, count=None)
    statuses = [wechat.create(f"{NO}{n}").status_code for n in range(3)]
    assert statuses == [200, 500, 500]
    assert sandbox.http.delete("/_sandbox/api/faults").json() == []
    assert wechat.create(f"{NO}3").status_code == 200


def test_nonsense_is_not_armed(sandbox: Sandbox) -> None:
    for spec in ({"kind": "nothing"}, {"kind": "slow", "colour": "red"}, {"kind": "http_500", "reply": "true"}):
        assert sandbox.http.post("/_sandbox/api/faults", json=spec).status_code == 400


def test_the_log_of_calls_says_what_struck(wechat: WechatClient, sandbox: Sandbox) -> None:
    sandbox.arm("http_502_after", channel="wechat", call="create")
    wechat.create(NO)
    wechat.create(NO)
    calls = sandbox.get("/calls", call="create", out_trade_no=NO)
    assert [(call["fault"], call["status"]) for call in calls] == [("http_502_after", 502), ("", 200)]


def test_a_payment_can_be_told_before_its_create_is_answered(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    sandbox.arm("slow", channel="wechat", call="create", wait_s=3)
    answers: list[httpx.Response] = []
    creating = threading.Thread(target=lambda: answers.append(wechat.create(NO)))
    creating.start()
    wait_for(lambda: sandbox.get("/trades"))
    sandbox.pay("wechat", NO)
    merchant.wait()
    assert answers == []
    creating.join()
    assert "code_url" in wechat.told(answers[0])


def test_a_fault_can_strike_by_chance(wechat: WechatClient, sandbox: Sandbox) -> None:
    sandbox.arm("http_500", channel="wechat", call="create", count=None, probability=0.5)
    statuses = {wechat.create(f"{NO}{n}").status_code for n in range(40)}
    assert statuses == {200, 500}


def test_chance_is_the_same_after_a_reset(wechat: WechatClient, sandbox: Sandbox) -> None:
    def drawn(run: str) -> list[int]:
        sandbox.post("/reset")
        sandbox.arm("http_500", channel="wechat", call="create", count=None, probability=0.5)
        return [wechat.create(f"{NO}{run}{n}").status_code for n in range(20)]

    assert drawn("A") == drawn("B")


def test_another_seed_draws_other_faults(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def drawn(seed: int) -> list[bool]:
        faults = Faults(store, Settings(store), seed)
        return [faults.for_call("wechat", "create", "") is not None for _ in range(30)]

    Faults(store, Settings(store), 0).arm({"kind": "http_500", "count": None, "probability": 0.5})
    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    store.close()


def test_an_amount_chooses_what_happens_for_whoever_arms_nothing(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    for ending, (state, times) in {
        71: ("LOST", None),
        72: ("PENDING", 3),
        74: ("LOST", None),
        70: ("PENDING", None),
    }.items():
        number = f"{NO}{ending}"
        wechat.create(number, total=12_800 + ending)
        assert wechat.query(number).status_code == (500 if ending == 74 else 200)
        sandbox.pay("wechat", number)
        (told,) = sandbox.get("/notifications", out_trade_no=number)
        assert (told["state"] == "LOST", told["twist"].get("times")) == (state == "LOST", times)
    assert wechat.close_order(f"{NO}74").status_code == 500
    sandbox.arm("slow", channel="wechat", call="query", out_trade_no=f"{NO}74", wait_s=0)
    assert wechat.told(wechat.query(f"{NO}74"))["trade_state"] == "SUCCESS"  # what is armed goes first
    sandbox.post("/settings", amount_scenarios=False)
    assert wechat.query(f"{NO}74").status_code == 200

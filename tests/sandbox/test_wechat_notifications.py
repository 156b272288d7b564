"""WeChat Pay: notifications are signed, encrypted, repeated until acknowledged."""

from __future__ import annotations

import itertools
import json
import socket

import pytest

from sandbox.unionpay.clerk import UnionpayClerk
from sandbox.wechat.clerk import WechatClerk
from tests.sandbox.server import TIME_FACTOR, Merchant, Sandbox, wait_for
from tests.sandbox.wechat_client import WechatClient

NO = "W20260102C0001"


def test_a_payment_is_told_as_a_query_would_tell_it(wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO)
    envelope, told = wechat.opened(merchant.wait()[0])
    assert envelope["event_type"] == "TRANSACTION.SUCCESS"
    assert envelope["resource_type"] == "encrypt-resource"
    assert envelope["resource"]["original_type"] == "transaction"
    assert len(envelope["resource"]["nonce"]) == 12
    assert told == wechat.told(wechat.query(NO))
    assert merchant.posted[0].headers["wechatpay-signature-type"] == "WECHATPAY2-SHA256-RSA2048"


@pytest.mark.parametrize("status", [200, 204])
def test_any_body_with_200_or_204_ends_the_repeats(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant, status: int
) -> None:
    merchant.answers = [(status, b"" if status == 204 else b"whatever")]
    wechat.create(NO)
    sandbox.pay("wechat", NO)
    wait_for(lambda: sandbox.get("/notifications")[0]["state"] == "ACKNOWLEDGED")
    assert len(merchant.posted) == 1


def test_a_refused_notification_comes_again_after_15_s_with_the_same_id(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answers = [(500, b'{"code":"FAIL"}'), (302, b""), (200, b"")]
    wechat.create(NO)
    sandbox.pay("wechat", NO)
    posted = merchant.wait(3)
    assert {wechat.opened(one)[0]["id"] for one in posted} == {wechat.opened(posted[0])[0]["id"]}
    gaps = [later.at - earlier.at for earlier, later in itertools.pairwise(posted)]
    assert all(gap >= 15 / TIME_FACTOR for gap in gaps)
    wait_for(lambda: sandbox.get("/notifications")[0]["state"] == "ACKNOWLEDGED")


def test_after_sixteen_sends_it_gives_up(wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
    merchant.answers = [(500, b"")]
    wechat.create(NO)
    sandbox.pay("wechat", NO)
    for sends in range(1, 17):
        merchant.wait(sends)
        wait_for(lambda: sandbox.get("/notifications")[0]["state"] != "SENDING")
        sandbox.post("/clock", advance_s=6 * 3600)
    assert sandbox.get("/notifications")[0]["state"] == "GIVEN_UP"
    assert len(merchant.posted) == 16


def test_nothing_is_told_of_a_closed_or_declined_order(wechat: WechatClient, sandbox: Sandbox) -> None:
    wechat.create(NO)
    sandbox.post(f"/trades/wechat/{NO}/decline")
    wechat.close_order(NO)
    assert sandbox.get("/notifications") == []


def test_a_lost_notification_never_comes(wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "drop"})
    assert [item["state"] for item in sandbox.get("/notifications")] == ["LOST"]
    assert wechat.told(wechat.query(NO))["trade_state"] == "SUCCESS"
    assert merchant.posted == []


def test_a_notification_lost_once_comes_with_the_first_repeat(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    sandbox.arm("drop", channel="wechat", call="notify", sends=1)
    wechat.create(NO)
    sandbox.pay("wechat", NO)
    merchant.wait()
    assert next(send["verdict"] for send in sandbox.get("/notifications")[0]["sends"]) == "LOST"


def test_a_late_notification_comes_when_its_time_has_come(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "delay", "delay_s": 120})
    assert sandbox.get("/notifications")[0]["state"] == "PENDING"
    assert merchant.posted == []
    sandbox.post("/clock", advance_s=121)
    assert wechat.opened(merchant.wait()[0])[1]["out_trade_no"] == NO


@pytest.mark.parametrize("parallel", [True, False])
def test_a_notification_can_come_three_times(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant, *, parallel: bool
) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "repeat", "times": 3, "parallel": parallel})
    posted = merchant.wait(3)
    assert len({wechat.opened(one)[0]["id"] for one in posted}) == 1
    wait_for(lambda: sandbox.get("/notifications")[0]["state"] == "ACKNOWLEDGED")
    assert len(merchant.posted) == 3


@pytest.mark.parametrize("kind", ["bad_signature", "probe"])
def test_a_forged_notification_is_followed_by_the_true_one_when_refused(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant, kind: str
) -> None:
    merchant.answers = [(401, b"{}"), (204, b"")]
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": kind})
    forged, true = merchant.wait(2)
    assert not wechat.genuine(forged.headers, forged.body)
    assert forged.headers["wechatpay-signature"].startswith("WECHATPAY/SIGNTEST/") == (kind == "probe")
    assert wechat.genuine(true.headers, true.body)


def test_a_notification_can_name_a_wrong_amount(wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "wrong_amount", "amount_minor": 1})
    assert wechat.opened(merchant.wait()[0])[1]["amount"]["total"] == 1
    assert wechat.told(wechat.query(NO))["amount"]["total"] == 990


def test_a_stranger_can_be_told_of_besides_the_true_one(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "unknown_number"})
    numbers = {wechat.opened(one)[1]["out_trade_no"] for one in merchant.wait(2)}
    assert numbers == {NO, "0" * 20}


def test_a_notification_can_be_sent_again_by_hand(wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "drop"})
    number = sandbox.get("/notifications")[0]["id"]
    log = sandbox.post(f"/notifications/{number}/resend")
    assert log[0]["state"] == "ACKNOWLEDGED"
    assert wechat.opened(merchant.posted[0])[1]["out_trade_no"] == NO


def test_an_extra_notification_gives_the_merchants_answer(
    wechat: WechatClient, sandbox: Sandbox, merchant: Merchant
) -> None:
    merchant.answers = [(403, b"who are you")]
    wechat.create(NO)
    log = sandbox.post("/notifications", channel="wechat", out_trade_no=NO, notify={"kind": "bad_signature"})
    assert (log[0]["sends"][0]["status"], log[0]["sends"][0]["answer"]) == (403, "who are you")
    assert not wechat.genuine(merchant.posted[0].headers, merchant.posted[0].body)
    assert json.loads(merchant.posted[0].body)["event_type"] == "TRANSACTION.SUCCESS"


def test_a_payment_can_be_told_after_its_refund(wechat: WechatClient, sandbox: Sandbox, merchant: Merchant) -> None:
    wechat.create(NO)
    sandbox.pay("wechat", NO, notify={"kind": "reorder"})
    wechat.refund(NO, "R" + NO, 100)
    sandbox.post(f"/refunds/wechat/R{NO}/settle")
    merchant.wait(1)
    sandbox.post("/clock", advance_s=60)
    told = [json.loads(posted.body)["event_type"] for posted in merchant.wait(2)]
    assert told == ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"]


def test_an_answer_that_takes_too_long_is_no_acknowledgement(wechat: WechatClient, sandbox: Sandbox) -> None:
    assert (WechatClerk.timeout_s, UnionpayClerk.timeout_s) == (5, 10)
    sandbox.post("/settings", ack_timeout_s=0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # it is connected to, and says nothing
        wechat.notify_url = f"http://127.0.0.1:{silent.getsockname()[1]}/notify"
        wechat.create(NO)
        sandbox.pay("wechat", NO)
        notification = wait_for(lambda: [one for one in sandbox.get("/notifications") if one["sends"]])[0]
    assert notification["sends"][0]["verdict"] == "FAILED"
    assert "Timeout" in notification["sends"][0]["answer"]

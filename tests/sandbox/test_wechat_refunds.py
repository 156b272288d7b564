"""WeChat Pay: refunds are accepted first and end later."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.server import Merchant, Sandbox, wait_for
from tests.sandbox.wechat_client import WechatClient

NO, BACK = "W20260102B0001", "R20260102B0001"


@pytest.fixture
def paid(wechat: WechatClient, sandbox: Sandbox) -> dict[str, Any]:
    wechat.create(NO)
    trade: dict[str, Any] = sandbox.pay("wechat", NO)
    return trade


def refused(wechat: WechatClient, *asked: Any, **changes: Any) -> tuple[int, str]:
    answer = wechat.refund(*asked, **changes)
    return answer.status_code, answer.json()["code"]


def test_an_accepted_refund_is_processing_and_succeeds_by_itself(
    wechat: WechatClient, paid: dict[str, Any], merchant: Merchant
) -> None:
    accepted = wechat.told(wechat.refund(NO, BACK, 300))
    assert accepted["status"] == "PROCESSING"
    assert accepted["transaction_id"] == paid["payments"][0]["trade_no"]
    assert wechat.told(wechat.query(NO))["trade_state"] == "REFUND"
    done = wait_for(lambda: _succeeded(wechat))
    assert done["amount"]["refund"] == 300
    assert done["refund_id"] == accepted["refund_id"]
    assert "success_time" in done
    envelope, told = wechat.opened(merchant.wait(2)[1])
    assert envelope["event_type"] == "REFUND.SUCCESS"
    assert envelope["resource"]["original_type"] == "refund"
    assert (told["out_refund_no"], told["refund_status"], told["amount"]["refund"]) == (BACK, "SUCCESS", 300)


def _succeeded(wechat: WechatClient) -> Any:
    told = wechat.told(wechat.refund_query(BACK))
    return told if told["status"] == "SUCCESS" else None


def test_the_same_refund_number_returns_the_money_once(
    wechat: WechatClient, paid: dict[str, Any], sandbox: Sandbox
) -> None:
    first, second = wechat.told(wechat.refund(NO, BACK, 300)), wechat.told(wechat.refund(NO, BACK, 300))
    assert first["refund_id"] == second["refund_id"]
    assert sandbox.get("/books")[0]["returned_minor"] == 300


def test_the_same_refund_number_for_another_amount_is_refused(wechat: WechatClient, paid: dict[str, Any]) -> None:
    wechat.refund(NO, BACK, 300)
    assert refused(wechat, NO, BACK, 301) == (400, "INVALID_REQUEST")


def test_no_more_goes_back_than_was_paid(wechat: WechatClient, paid: dict[str, Any], sandbox: Sandbox) -> None:
    wechat.told(wechat.refund(NO, BACK, 600))
    assert refused(wechat, NO, BACK + "x", 391) == (400, "INVALID_REQUEST")
    wechat.told(wechat.refund(NO, BACK + "y", 390))
    assert sandbox.get("/books")[0]["returned_minor"] == 990


def test_the_total_must_be_the_orders(wechat: WechatClient, paid: dict[str, Any]) -> None:
    assert refused(wechat, NO, BACK, 300, 991) == (400, "INVALID_REQUEST")


def test_an_unpaid_order_has_nothing_to_return(wechat: WechatClient) -> None:
    wechat.create(NO)
    assert refused(wechat, NO, BACK, 300) == (404, "RESOURCE_NOT_EXISTS")


def test_an_unknown_refund_is_not_found(wechat: WechatClient) -> None:
    answer = wechat.refund_query(BACK)
    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_EXISTS")


@pytest.mark.parametrize("end", ["ABNORMAL", "CLOSED"])
def test_a_refund_can_end_badly_and_that_is_told_too(
    wechat: WechatClient, paid: dict[str, Any], sandbox: Sandbox, merchant: Merchant, end: str
) -> None:
    sandbox.post("/settings", wechat_refund_settle_s=None)
    wechat.refund(NO, BACK, 300)
    sandbox.post(f"/refunds/wechat/{BACK}/settle", state=end)
    assert wechat.told(wechat.refund_query(BACK))["status"] == end
    envelope, told = wechat.opened(merchant.wait(2)[1])
    assert (envelope["event_type"], told["refund_status"]) == (f"REFUND.{end}", end)


def test_the_refund_of_a_second_payment_is_named_by_its_transaction(
    wechat: WechatClient, paid: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.post(f"/trades/wechat/{NO}/second-payment")
    second = sandbox.pay("wechat", NO, person="han-meimei")["payments"][1]
    wechat.told(wechat.refund(NO, BACK, 990, transaction_id=second["trade_no"]))
    assert [line["returned_minor"] for line in sandbox.get("/books")] == [0, 990]

"""WeChat Pay's other ways to pay: in a mobile browser, and inside WeChat."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cashier.channels.base import Outcome, PresentationKind
from tests.channels import keys
from tests.channels.counterparts.wechat import WeChatSide


@pytest.fixture
def side() -> WeChatSide:
    return WeChatSide()


def test_h5_leads_to_wechat_pays_page_and_back(side: WeChatSide) -> None:
    side.with_trade(method="h5")
    side.http.says(side.says("create", "opened"))
    shown = side.channel.create(side.trade).presentation
    assert shown is not None
    assert shown.kind is PresentationKind.REDIRECT
    assert shown.content.startswith("https://wx.tenpay.example/checkmweb?prepay_id=wx2016&package=1037&")
    assert parse_qs(urlsplit(shown.content).query)["redirect_url"] == [side.trade.return_url]
    (sent,) = side.http.calls
    assert sent.url.path == "/v3/pay/transactions/h5"
    assert json.loads(sent.content)["scene_info"] == {
        "payer_client_ip": side.trade.shopper_ip,
        "h5_info": {"type": "Wap"},
    }


def test_jsapi_gives_wechats_browser_what_it_needs_signed_by_us(side: WeChatSide) -> None:
    side.with_trade(method="jsapi", payer_id="oUpF8uMuAJO")
    side.http.says(side.says("create", "opened"))
    shown = side.channel.create(side.trade).presentation
    assert shown is not None
    assert shown.kind is PresentationKind.BRIDGE
    told = dict(shown.fields)
    signature = told.pop("paySign")
    assert told.pop("signType") == "RSA"
    assert told["package"] == "prepay_id=wx201410272009395522657a690389285100"
    message = f"{told['appId']}\n{told['timeStamp']}\n{told['nonceStr']}\n{told['package']}\n"
    keys.has_signed("wechat-merchant", signature, message.encode())
    (sent,) = side.http.calls
    assert json.loads(sent.content)["payer"] == {"openid": "oUpF8uMuAJO"}


def test_a_refusal_that_repeats_the_openid_is_told_without_it(side: WeChatSide) -> None:
    side.with_trade(method="jsapi", payer_id="oUpF8uMuAJO")
    side.http.says(httpx.Response(400, json={"code": "PARAM_ERROR", "message": "oUpF8uMuAJO 无效"}))
    fact = side.channel.create(side.trade).fact
    assert (fact.code, fact.message) == ("PARAM_ERROR", "… 无效")
    assert "oUpF8uMuAJO" not in repr(side.trade)


@pytest.mark.parametrize(("method", "missing"), [("h5", {"shopper_ip": ""}), ("jsapi", {"payer_id": ""})])
def test_a_method_that_lacks_what_it_needs_to_know_of_the_shopper_is_refused_before_anything_is_sent(
    side: WeChatSide, method: str, missing: dict[str, str]
) -> None:
    side.with_trade(method=method, **missing)
    assert side.do("create").outcome is Outcome.REFUSED
    assert side.http.calls == []


@pytest.mark.parametrize("method", ["native", "h5", "jsapi"])
def test_an_answer_without_the_thing_to_pay_with_is_unknown(side: WeChatSide, method: str) -> None:
    side.with_trade(method=method, payer_id="o1")
    side.http.says(side.answer(200, b'{"other": "thing"}'))
    created = side.channel.create(side.trade)
    assert (created.fact.outcome, created.presentation) == (Outcome.UNKNOWN, None)

"""Alipay's other ways to pay, its pages, and the reversal."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from cashier.channels.base import PresentationKind
from tests.channels import keys
from tests.channels.counterparts.alipay import AlipaySide


@pytest.fixture
def side() -> AlipaySide:
    return AlipaySide()


@pytest.mark.parametrize(("method", "product"), [("page", "FAST_INSTANT_TRADE_PAY"), ("wap", "QUICK_WAP_WAY")])
def test_a_page_is_an_address_that_we_signed_and_nobody_is_called(side: AlipaySide, method: str, product: str) -> None:
    side.with_trade(method=method)
    shown = side.channel.create(side.trade).presentation
    assert shown is not None
    assert shown.kind is PresentationKind.REDIRECT
    assert side.http.calls == []
    told = dict(parse_qsl(urlsplit(shown.content).query))
    signature = told.pop("sign")
    keys.has_signed("alipay-app", signature, "&".join(f"{k}={v}" for k, v in sorted(told.items())).encode())
    assert told["method"] == f"alipay.trade.{method}.pay"
    assert (told["return_url"], told["notify_url"]) == (side.trade.return_url, side.trade.notify_url)
    biz = json.loads(told["biz_content"])
    assert (biz["product_code"], biz["total_amount"], biz["time_expire"]) == (product, "12.30", "2026-03-01 12:15:00")


def test_the_same_trade_leads_to_the_same_page(side: AlipaySide) -> None:
    side.with_trade(method="page")
    assert side.channel.create(side.trade) == side.channel.create(side.trade)
    assert side.channel.methods["page"].idempotent_create

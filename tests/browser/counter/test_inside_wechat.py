"""Paying inside WeChat, in a Chromium that says that it is WeChat and has its bridge."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from dev.waiting import wait_until
from orders.shop.goods import SHOP_MERCHANT
from tests.browser.counter.conftest import Scene
from tests.browser.counter.states import waiting_bridge
from tests.browser.counter.test_every_state import LOOKS, complaints_of, english_on
from tests.browser.readable import faults_of
from tests.browser.stack import Stack
from tests.stack import run

WECHAT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36 MicroMessenger/8.0"
# What WeChat puts into every page: the sheet is opened elsewhere, and the page hears of it later.
BRIDGE = """window.WeixinJSBridge = {
  invoke: (name, fields, heard) => window.sheet(name, fields).then((said) => heard({ err_msg: said })) };"""
_client = httpx.Client(trust_env=False, timeout=10)  # noqa: TID251 - the test's own client, not payhub's

ISSUE_KEY = f"""
from orders.services.api_keys import issue_key
from payhub import clock
from payhub.merchants.models import Merchant
shop = Merchant.objects.get(code="{SHOP_MERCHANT}")
print(issue_key(merchant=shop, name="till", scopes=("read", "write"), actor="system", now=clock.now())[1])
"""


@pytest.fixture
def in_wechat(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in WeChat's browser."""
    contexts = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(**{"locale": "en-GB", "user_agent": WECHAT, **options})
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.browser
def test_the_page_is_readable_by_everybody_there_too(scene: Scene, in_wechat: Callable[..., Page]) -> None:
    waiting_bridge(scene)
    for look in LOOKS:
        page = in_wechat(**look)
        complaints = complaints_of(page)
        page.goto(scene.url)
        expect(page.locator("[data-bridge]")).to_be_visible()
        assert (faults_of(page), complaints) == ([], [])
        assert look["locale"] == "en-GB" or not english_on(page)


@pytest.mark.browser
def test_without_a_script_the_page_says_what_to_do(scene: Scene, in_wechat: Callable[..., Page]) -> None:
    waiting_bridge(scene)
    page = in_wechat(java_script_enabled=False)
    page.goto(scene.url)
    expect(page.locator("[data-bridge]")).to_be_hidden()
    expect(page.locator("noscript .said")).to_be_visible()
    assert "Cancel this payment, then choose another way" in page.locator("noscript .said").inner_text()
    page.get_by_role("button", name="Cancel or use another way to pay").click()
    expect(page.get_by_role("radio")).not_to_have_count(0)


@pytest.mark.browser
def test_a_bridge_that_comes_late_is_waited_for(scene: Scene, in_wechat: Callable[..., Page]) -> None:
    waiting_bridge(scene)
    page = in_wechat()
    page.goto(scene.url)
    page.get_by_role("button", name="Pay in WeChat").click()
    asked = page.evaluate(
        """() => new Promise((asked) => { window.WeixinJSBridge = { invoke: (name, fields) => asked(fields) };
        document.dispatchEvent(new Event("WeixinJSBridgeReady")); })"""
    )
    assert asked == scene.attempts[0].presentation_fields


@pytest.mark.browser
@pytest.mark.xdist_group("stack")
def test_an_order_is_paid_inside_wechat_whatever_its_bridge_says(stack: Stack, in_wechat: Callable[..., Page]) -> None:
    counter = order_by_api(stack)
    asked: list[dict[str, str]] = []

    def sheet(name: str, fields: dict[str, str]) -> str:
        """Nothing is paid at the first tap, the shopper cancels at the second, and pays at the third."""
        assert name == "getBrandWCPayRequest"
        asked.append(fields)
        opened = _client.post(f"{stack.sandbox}/wechat/bridge", json=fields)
        assert opened.status_code == 200, opened.text
        if len(asked) == 3:
            assert _client.post(opened.json()["pay_url"], data={"action": "pay"}).status_code == 303
        return f"get_brand_wcpay_request:{('ok', 'cancel', 'fail')[len(asked) - 1]}"

    page = in_wechat()
    page.add_init_script(BRIDGE)
    page.expose_function("sheet", sheet)
    complaints = complaints_of(page)
    page.goto(counter)
    expect(page.get_by_role("radio").first).to_be_checked()
    expect(page.locator("label.way").first).to_contain_text("Pay here, in WeChat")
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    button = page.get_by_role("button", name="Pay in WeChat")
    for taps in (1, 2):
        expect(button).to_be_enabled()
        with page.expect_event("load"):  # it goes to ask, and comes back to the same payment
            button.dblclick()
        assert len(asked) == taps
        expect(page.get_by_role("heading", level=1)).to_have_text("Pay with WeChat Pay")
    button.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=10_000)
    assert asked[0] == asked[1] == asked[2], "the same payment every time"
    attempts = stack.sql(
        "SELECT attempt_no, a.state FROM cashier_attempt a JOIN cashier_payment p ON p.id = payment_id WHERE token = %s",
        counter.rstrip("/").rsplit("/", 1)[-1],
    )
    assert [state for _, state in attempts] == ["SUCCEEDED"]
    assert [charge["out_trade_no"] for charge in stack.charges()].count(attempts[0][0]) == 1
    assert wait_until(
        lambda: stack.sql("SELECT state FROM orders_order WHERE merchant_order_no = 'till-1'") == [("PAID",)],
        timeout_s=5,
    )
    assert complaints == []


def order_by_api(stack: Stack) -> str:
    """Order as a merchant's program that knows the shopper's openid; return the counter's address."""
    key = run(stack.environment, "manage.py", "shell", "--no-imports", "-c", ISSUE_KEY).strip().splitlines()[-1]
    said = {"merchant_order_no": "till-1", "amount_minor": 990, "currency": "CNY", "title": "A mug", "payer_id": "oX1"}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "till-1"}
    answer = _client.post(f"{stack.web}/api/v1/orders", json=said, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["payment"]["cashier_url"])

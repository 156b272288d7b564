"""The shop and the portal as people use them: one click is one order, news come by themselves, everybody can read it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from cashier.models import ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.models import Order
from orders.shop.goods import SHOP_MERCHANT
from payhub import clock
from payhub.merchants.models import Membership, Merchant
from payhub.outbox.deliver import deliver_due
from tests.browser.counter.test_every_state import english_on
from tests.browser.orders.pages import PAGES, Storefront
from tests.browser.readable import expect_readable, look_of
from tests.conftest import MovedClock
from tests.played.channel import Books

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("no_wakes")]
PASSWORD = "a long enough one"


@pytest.fixture
def merchant(transactional_db: None) -> Merchant:
    """The merchant whose shop it is, with a member."""
    cache.clear()
    shop = Merchant.objects.create(
        code=SHOP_MERCHANT, name="Lantern Books 灯笼书店", is_test=True, created_at=clock.now()
    )
    member = User.objects.create_user("member", password=PASSWORD)
    Membership.objects.create(user=member, merchant=shop)
    return shop


@pytest.fixture
def web(live_server: Any, settings: Any, merchant: Merchant) -> str:
    """Where the pages are."""
    settings.PAYHUB_BASE_URL = live_server.url
    return str(live_server.url)


def order_a_novel(page: Page, web: str) -> Order:
    page.goto(f"{web}/shop/")
    page.get_by_role("article").filter(has_text="A novel").get_by_role("button", name="Order").dblclick()
    expect(page).to_have_url(re.compile("/c/"))
    return Order.objects.latest("pk")


def collect(account: ChannelAccount, books: Books) -> None:
    """Pay the one payment at the played channel; the payment centre finds out by asking."""
    choice = Choice(account_id=account.pk, method="qr")
    attempt = pay(payment_id=Payment.objects.get().pk, choice=choice, now=clock.now())
    books.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)


def test_a_double_click_on_order_makes_one_order(page: Page, web: str) -> None:
    order_a_novel(page, web)
    assert Order.objects.count() == Payment.objects.count() == 1


def test_back_and_order_again_within_seconds_leads_to_the_same_payment(page: Page, web: str) -> None:
    order_a_novel(page, web)
    counter = page.url
    page.go_back()
    page.get_by_role("article").filter(has_text="A novel").get_by_role("button", name="Order").click()
    expect(page).to_have_url(counter)
    assert Order.objects.count() == 1


def test_the_order_page_says_paid_by_itself(page: Page, web: str, alpha: Books, alpha_account: ChannelAccount) -> None:
    order = order_a_novel(page, web)
    page.goto(f"{web}/shop/orders/{order.token}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your order is waiting for payment")
    collect(alpha_account, alpha)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your payment has arrived")
    deliver_due(now=clock.now())
    expect(page.get_by_role("heading", level=1)).to_have_text("Your order is paid")


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_read_the_shop(
    browser: Browser,
    web: str,
    settings: Any,
    alpha: Books,
    alpha_account: ChannelAccount,
    moved_clock: MovedClock,
    name: str,
) -> None:
    """In both languages, with a script and without; nothing is English on a Chinese page."""
    settings.PAYHUB_SANDBOX_URL = "http://127.0.0.1:1"
    shop = Storefront(web=web, books=alpha, account=alpha_account, method="qr", clock=moved_clock)
    for locale, script in (("en-GB", True), ("zh-CN", True), ("zh-CN", False)):
        cache.clear()
        context = browser.new_context(locale=locale, java_script_enabled=script)
        page = context.new_page()
        PAGES[name](page, shop)
        assert page.locator("html").get_attribute("lang") == ("en" if locale == "en-GB" else "zh-Hans")
        assert page.get_by_role("heading", level=1).count() == 1
        if script:
            expect_readable(page, looks=look_of(locale))
            assert locale == "en-GB" or not english_on(page)
        page.goto("about:blank")  # an open order page would fetch itself anew in the middle of this
        context.close()


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_that_is_not_settled_cannot_be_overridden(
    page: Page, web: str, alpha: Books, alpha_account: ChannelAccount, moved_clock: MovedClock, *, paid: bool
) -> None:
    shop = Storefront(web=web, books=alpha, account=alpha_account, method="qr", clock=moved_clock)
    PAGES["blocked_similar_paid" if paid else "blocked_similar_unpaid"](page, shop)
    earlier = Order.objects.get()
    expect(page.get_by_role("heading", level=1)).to_have_text("You may have ordered this already")
    for fact in (earlier.order_no, "¥128.00", "Paid" if paid else "Awaiting payment"):
        expect(page.locator("dl")).to_contain_text(fact)
    expect(page.get_by_role("button", name="Buy it again")).to_have_count(1 if paid else 0)
    page.get_by_role("link", name="Go to that order").click()
    expect(page).to_have_url(f"{web}/shop/orders/{earlier.token}/")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_everybody_can_read_the_portal(
    page: Page, web: str, alpha: Books, alpha_account: ChannelAccount, language: str
) -> None:
    order = order_a_novel(page, web)
    collect(alpha_account, alpha)
    deliver_due(now=clock.now())
    page.goto(f"{web}/m/?lang={language}")
    expect_readable(page, looks=look_of(language))
    page.locator("#id_username").fill("member")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("form button").click()
    expect_readable(page, looks=look_of(language))
    page.get_by_role("link", name=order.order_no).click()
    expect_readable(page, looks=look_of(language))

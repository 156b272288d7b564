"""The counter by keyboard alone, on a phone, and in WeChat's browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from cashier.channels import registry
from cashier.models import ChannelAccount
from cashier.services import channel_calls
from cashier.services.query import query_attempt
from payhub import clock
from payhub.vault import seal
from tests.browser.counter.conftest import Scene
from tests.browser.counter.states import closing
from tests.played.channel import METHODS, Books, PlayedChannel

pytestmark = pytest.mark.browser

ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"


def press_until(page: Page, key: str, words: str) -> None:
    """Press the key until the focus is on what has these words."""
    for _ in range(40):
        page.keyboard.press(key)
        if words in page.evaluate("(document.activeElement.closest('label') || document.activeElement).textContent"):
            assert page.evaluate("getComputedStyle(document.activeElement.closest('label') || document.activeElement)"
                                 ".outlineStyle") != "none"  # fmt: skip
            return
    raise AssertionError(f"{words!r} cannot be reached by {key}.")


def heading(page: Page, words: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(words, timeout=8_000)


def test_a_payment_is_made_and_read_by_keyboard(scene: Scene) -> None:
    """Acceptance 16: a purchase by keyboard alone."""
    page = scene.open()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    press_until(page, "Tab", "alpha")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    press_until(page, "Tab", "Pay ¥128.00")
    page.keyboard.press("Enter")
    heading(page, "Scan to pay with alpha")
    scene.alpha.pay(scene.attempts[0].attempt_no)
    press_until(page, "Tab", "I have paid")
    page.keyboard.press("Space")
    heading(page, "Payment received")
    press_until(page, "Tab", "Return to Lantern Books")


def test_the_last_way_out_is_walked_by_keyboard(scene: Scene) -> None:
    """Acceptance 16: the last way out by keyboard alone."""
    closing(scene)
    page = scene.open()
    press_until(page, "Tab", "I was not charged, pay again")
    page.keyboard.press("Enter")
    heading(page, "Before you pay again, check that you were not charged")
    press_until(page, "Tab", "I was charged")
    expect(page.get_by_role("button", name="Start a new payment of ¥128.00")).to_have_count(0)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="I was not charged")).to_be_checked()
    press_until(page, "Tab", "alpha")
    press_until(page, "ArrowDown", "beta")
    press_until(page, "Tab", "Start a new payment of ¥128.00")
    page.keyboard.press("Enter")
    heading(page, "Scan to pay with beta")
    expect(page.locator("#panel")).to_contain_text("One earlier payment for this order is not confirmed yet")
    scene.beta.pay(scene.attempts[1].attempt_no)
    query_attempt(attempt_no=scene.attempts[1].attempt_no)
    heading(page, "Payment received")
    assert len(scene.attempts) == 2


def test_nothing_chosen_is_an_error_that_leads_to_the_choice(scene: Scene) -> None:
    closing(scene)
    page = scene.page
    page.goto(f"{scene.url}again")
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_title("Error: Before you pay again, check that you were not charged – Lantern Books")
    page.get_by_role("link", name="Select what you see in your account").click()
    expect(page.get_by_role("radio", name="I was charged ¥128.00")).to_be_focused()
    assert len(scene.attempts) == 1


@pytest.fixture
def alipay(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Books:
    """Alipay, played, with the names of its real methods."""
    books = Books()
    names = {"precreate": METHODS["qr"], "page": METHODS["page"], "wap": METHODS["page"]}

    class PlayedAlipay(PlayedChannel):
        methods = names

    def opened(wiring: object) -> PlayedChannel:
        return PlayedAlipay(books, "alipay", "A", wiring)  # type: ignore[arg-type]

    monkeypatch.setitem(registry.CHANNELS, "alipay", opened)
    channel_calls.forget_opened()
    ChannelAccount.objects.create(
        code="lantern-alipay",
        merchant=scene.payment.merchant,
        channel="alipay",
        methods=["precreate", "page", "wap"],
        sealed_settings=seal({}),
        is_test=True,
        created_at=clock.now(),
    )
    return books


def hints(page: Page) -> list[str]:
    return [text for text in page.locator(".way-hint").all_inner_texts() if "lipay" in text]


def test_each_device_is_offered_what_it_can_use(scene: Scene, browser: Browser, alipay: Books) -> None:
    offered = {}
    for name, agent in {"desktop": None, "phone": ANDROID, "wechat": f"{ANDROID} MicroMessenger/8.0"}.items():
        context = browser.new_context(locale="en-GB", user_agent=agent)
        page = context.new_page()
        page.goto(scene.url)
        offered[name] = hints(page)
        if name == "wechat":
            expect(page.locator("#panel")).to_contain_text("Open in browser")
        context.close()
    assert offered == {
        "desktop": ["Scan a code with Alipay", "Log in at Alipay's own page"],
        "phone": ["Show a code, or open it in the Alipay app", "Open the Alipay app"],
        "wechat": ["Show a code, or open it in the Alipay app"],
    }

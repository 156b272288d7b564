"""Every state, in both languages, wide and narrow, light and dark, with and without a script: readable by everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from cashier.web.page_state import WAITING, Name
from tests.browser.counter.conftest import Scene
from tests.browser.counter.states import MAKERS, closing
from tests.browser.readable import SIDEWAYS, faults_of

pytestmark = pytest.mark.browser

# (browser's settings): English wide and light; Chinese on the narrowest phone and dark, which is 400 % zoom at 1280
LOOKS: list[dict[str, Any]] = [
    {"locale": "en-GB", "viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    {"locale": "zh-CN", "viewport": {"width": 320, "height": 640}, "color_scheme": "dark"},
]
TOO_SMALL = """() => [...document.querySelectorAll("a, button, summary, label.way")]
  .filter((it) => it.checkVisibility() && !it.classList.contains("skip"))
  .map((it) => [it.textContent.trim(), it.getBoundingClientRect()])
  .filter(([, box]) => box.height < 43.5 || box.width < 24)
  .map(([text, box]) => `${text}: ${Math.round(box.width)}x${Math.round(box.height)}`)"""
# What stays Latin on a Chinese page: names, numbers, addresses, and the link to the other language.
LATIN = re.compile(r"\b[A-Za-z]{2,}\b")
NAMES = {"payhub", "alpha", "beta", "Lantern", "Books", "Two", "books", "Stripe"}
CHINESE_TEXT = """() => { const copy = document.body.cloneNode(true);
  copy.querySelectorAll(".number, code, [lang=en], [href^=mailto], noscript").forEach((part) => part.remove());
  return copy.textContent + document.title; }"""


def english_on(page: Page) -> set[str]:
    """Return the English words that stand on a Chinese page."""
    return set(LATIN.findall(page.evaluate(CHINESE_TEXT))) - NAMES


def complaints_of(page: Page) -> list[str]:
    """Collect what the browser complains of: what the content policy forbids, and faults of the script."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def test_every_state_can_be_brought_about() -> None:
    assert {*MAKERS, Name.ALREADY_PAID} == set(Name)


@pytest.mark.parametrize("name", MAKERS)
def test_a_state_is_readable_by_everybody(scene: Scene, browser: Browser, name: Name) -> None:
    """Acceptance 4: every state, in two languages, wide and narrow, with and without a script."""
    MAKERS[name](scene)
    for look in LOOKS:
        context = browser.new_context(**look, reduced_motion="reduce")
        page = context.new_page()
        complaints = complaints_of(page)
        page.goto(scene.url)
        assert page.locator("#face").get_attribute("data-state") == name
        assert page.locator("html").get_attribute("lang") == ("en" if look["locale"] == "en-GB" else "zh-Hans")
        assert page.title().startswith(page.get_by_role("heading", level=1).inner_text())
        assert page.get_by_role("status").count() == 1
        assert page.evaluate(SIDEWAYS) <= 0
        assert page.evaluate(TOO_SMALL) == []
        assert faults_of(page) == []
        assert complaints == []
        assert look["locale"] == "en-GB" or not english_on(page)
        expect(page.locator(f'footer.help a[href="/c/{scene.payment.token}/help"]')).to_have_count(1)
        context.close()
    _says_the_same_without_a_script(scene, browser, name)


def _says_the_same_without_a_script(scene: Scene, browser: Browser, name: Name) -> None:
    heading = scene.open().get_by_role("heading", level=1).inner_text()
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    page.goto(scene.url)
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    if name in WAITING:
        expect(page.get_by_role("link", name="Check payment status")).to_be_visible()
    context.close()


def no_such_payment(scene: Scene) -> str:
    return f"{scene.server}/c/{'x' * 32}/"


def no_such_page(scene: Scene) -> str:
    return f"{scene.server}/nowhere"


def before_paying_again(scene: Scene) -> str:
    closing(scene)
    return f"{scene.url}again"


def on_the_way(scene: Scene) -> str:
    scene.start("bank")
    return f"{scene.url}go"


@pytest.mark.parametrize("way", [no_such_payment, no_such_page, before_paying_again, on_the_way])
def test_the_pages_around_it_are_readable_by_everybody(
    scene: Scene, browser: Browser, way: Callable[[Scene], str]
) -> None:
    address = way(scene)
    for look in LOOKS:
        context = browser.new_context(**look)
        page = context.new_page()
        page.route("**/go.js", lambda route: route.abort())
        page.goto(address)
        assert page.evaluate(SIDEWAYS) <= 0
        assert page.evaluate(TOO_SMALL) == []
        assert faults_of(page) == []
        context.close()


@pytest.mark.parametrize("name", [Name.READY, Name.WAITING_QR, Name.DUPLICATE_REFUNDING])
def test_letters_of_twice_the_size_still_fit(scene: Scene, browser: Browser, name: Name) -> None:
    MAKERS[name](scene)
    context = browser.new_context(viewport={"width": 640, "height": 400}, device_scale_factor=2)  # 200 % at 1280
    page = context.new_page()
    page.goto(scene.url)
    assert page.evaluate(SIDEWAYS) <= 0
    context.close()


def test_nothing_moves_for_readers_who_want_no_motion(scene: Scene) -> None:
    MAKERS[Name.PROCESSING](scene)
    scene.page.emulate_media(reduced_motion="reduce")
    page = scene.open()
    assert page.evaluate("getComputedStyle(document.querySelector('.busy span')).animationName") == "none"


def test_a_printed_receipt_has_the_facts_and_no_buttons(scene: Scene) -> None:
    MAKERS[Name.SUCCEEDED](scene)
    page = scene.open()
    expect(page.get_by_role("button", name="Print or save")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print or save")).to_be_hidden()
    expect(page.get_by_role("link", name="Return to Lantern Books")).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text("88001")

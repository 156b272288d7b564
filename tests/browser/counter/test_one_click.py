"""However often somebody clicks, goes back or opens another window: one attempt."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.counter.conftest import Scene

pytestmark = pytest.mark.browser


def posts(page: Page) -> list[str]:
    """Collect what the page posts."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if request.method == "POST" else None)
    return found


@contextmanager
def slow_channel(scene: Scene) -> Iterator[None]:
    """Let the channel answer the create only when the block ends."""
    answered = threading.Event()

    def hold() -> None:
        answered.wait(timeout=20)

    scene.alpha.before["create"] = hold
    yield
    answered.set()


def test_a_double_click_sends_one_request(scene: Scene) -> None:
    """Acceptance 1: a double click."""
    page = scene.open()
    sent = posts(page)
    page.get_by_role("button", name="Pay ¥128.00").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    assert (len(sent), len(scene.attempts)) == (1, 1)


# While an answer is awaited the browser tells its driver nothing: the page itself notes what it shows then.
NOTES = """setInterval(() => {
  const button = document.querySelector("form.pay button");
  if (!button || !button.disabled) return;
  sessionStorage.shown = JSON.stringify({
    button: button.textContent,
    status: document.querySelector("[role=status]").textContent,
    focused: (JSON.parse(sessionStorage.shown || "null") || {focused: document.activeElement.id}).focused,
    links: [...document.querySelectorAll("#panel a.button")].map((link) => link.textContent + " " + link.pathname),
  });
}, 50);"""


def click_slowly(page: Page, times: int) -> None:
    """Click where the Pay button is, by the mouse, whatever the page is doing."""
    page.locator("form.pay button").scroll_into_view_if_needed()
    box = page.locator("form.pay button").bounding_box()
    assert box is not None
    at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    mouse = page.context.new_cdp_session(page)
    for _ in range(times):
        for kind in ("mousePressed", "mouseReleased"):
            mouse.send("Input.dispatchMouseEvent", {"type": kind, "button": "left", "clickCount": 1, **at})
        page.wait_for_timeout(1_200)


def shown_meanwhile(page: Page) -> dict[str, Any]:
    """Return what the page showed last while it waited."""
    shown: dict[str, Any] = json.loads(page.evaluate("sessionStorage.shown"))
    return shown


def test_slow_clicks_send_one_request_and_say_that_it_is_sent(scene: Scene) -> None:
    """Acceptance 1: three slow clicks."""
    page = scene.page
    page.add_init_script(NOTES)
    scene.open()
    sent = posts(page)
    with slow_channel(scene):
        click_slowly(page, 3)
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    assert (len(sent), len(scene.attempts)) == (1, 1)
    assert shown_meanwhile(page) == {
        "button": "Sending…",
        "status": "Please wait. Do not pay in another window.",
        "focused": "title",
        "links": [],
    }


def test_enter_twice_sends_one_request(scene: Scene) -> None:
    """Acceptance 1: Enter twice."""
    page = scene.open()
    sent = posts(page)
    page.get_by_role("radio").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    assert (len(sent), len(scene.attempts)) == (1, 1)


def test_without_a_script_the_server_gives_the_same_attempt(scene: Scene, browser: Browser) -> None:
    """Acceptance 1: without a script."""
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(scene.url)
    page.get_by_role("button", name="Pay ¥128.00").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    assert (len(scene.attempts), scene.alpha.count("create")) == (1, 1)
    scene.alpha.pay(scene.attempts[0].attempt_no)
    page.get_by_role("button", name="I have paid").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    page.context.close()


def test_an_answer_that_never_comes_leads_to_the_status_never_to_a_second_click(scene: Scene) -> None:
    page = scene.page
    page.add_init_script("const later = setTimeout; window.setTimeout = (f, ms) => later(f, ms / 20);")
    page.add_init_script(NOTES)
    scene.open()
    page.route("**/status", lambda route: route.abort())
    with slow_channel(scene):
        click_slowly(page, 2)
    expect(page.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    assert shown_meanwhile(page)["links"] == [f"Check payment status /c/{scene.payment.token}/"]
    assert len(scene.attempts) == 1


def test_back_from_the_channel_shows_no_way_to_pay_again(scene: Scene) -> None:
    """Acceptance 2: Back from the channel."""
    page = scene.open()

    def channel_page(route: Route) -> None:
        route.fulfill(content_type="text/html", body=f'<a href="{scene.url}return">Back to the shop</a>')

    page.route("**/played/**", channel_page)
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Pay ¥128.00").click()
    expect(page.get_by_role("link", name="Back to the shop")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Finish paying at alpha")
    expect(page.get_by_role("button", name="Pay ¥128.00")).to_have_count(0)
    assert len(scene.attempts) == 1


def test_coming_back_from_the_channel_after_paying_shows_the_receipt_and_so_does_back(scene: Scene) -> None:
    """Acceptance 2: Back from success."""
    page = scene.open()

    def channel_page(route: Route) -> None:
        route.fulfill(content_type="text/html", body=f'<a href="{scene.url}return?paid=no">Back to the shop</a>')

    page.route("**/played/**", channel_page)
    page.get_by_role("radio").nth(1).check()
    page.get_by_role("button", name="Pay ¥128.00").click()
    link = page.get_by_role("link", name="Back to the shop")
    expect(link).to_be_visible()
    scene.alpha.pay(scene.attempts[0].attempt_no)
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    page.goto("about:blank")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")


def test_two_windows_and_two_channels_give_one_attempt(scene: Scene) -> None:
    """Acceptance 3: two tabs, two channels."""
    first = scene.open()
    second = first.context.new_page()
    second.goto(scene.url)
    second.route("**/status", lambda route: route.abort())
    second.get_by_role("radio").nth(3).check()  # beta's code; the first window has chosen alpha's
    first.get_by_role("button", name="Pay ¥128.00").click()
    expect(first.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    scene.clock.forward(seconds=1)
    second.get_by_role("button", name="Pay ¥128.00").click()  # it had not looked since
    expect(second.get_by_role("heading", level=1)).to_have_text("Scan to pay with alpha")
    expect(second.get_by_text("A payment for this order was already started")).to_be_visible()
    assert (len(scene.attempts), scene.alpha.count("close")) == (1, 0)
    second.close()

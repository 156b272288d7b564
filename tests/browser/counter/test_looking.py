"""An open page: how it looks at the server, and how it tells what is new."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Request, Route, expect

from cashier.services.query import query_attempt
from tests.browser.counter.conftest import Scene

pytestmark = pytest.mark.browser

CHANGES = """() => {
  window.heard = [];
  const region = document.querySelector("[role=status]");
  new MutationObserver(() => window.heard.push(region.textContent.trim())).observe(
    region, {childList: true, subtree: true, characterData: true});
}"""


def looks(page: Page) -> list[float]:
    """Collect the times at which the page asks for the status."""
    times: list[float] = []

    def note(request: Request) -> None:
        if request.url.endswith("/status"):
            times.append(time.monotonic())

    page.on("request", note)
    return times


def test_a_payment_is_shown_told_once_and_focused_without_a_reload(scene: Scene) -> None:
    """Acceptance 5: the status region tells a change once."""
    attempt = scene.start()
    page = scene.open()
    page.evaluate("window.sameDocument = true")
    page.evaluate(CHANGES)
    scene.alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=6_000)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    assert page.evaluate("window.sameDocument")
    assert len(set(page.evaluate("window.heard"))) == 1
    expect(page).to_have_title("Payment received – ¥128.00 – Lantern Books")


def test_an_open_page_asks_no_oftener_than_the_server_says_and_stops_at_the_end(scene: Scene) -> None:
    """Acceptance 6: no oftener than the server says."""
    attempt = scene.start()
    page = scene.open()
    times = looks(page)
    page.evaluate("for (const _ of Array(20)) window.dispatchEvent(new Event('focus'))")
    page.wait_for_timeout(7_000)
    assert 2 <= len(times) <= 4
    scene.alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=6_000)
    asked = len(times)
    page.wait_for_timeout(3_000)
    assert len(times) == asked


def test_what_has_not_changed_is_answered_with_304(scene: Scene) -> None:
    scene.start()
    page = scene.open()
    with page.expect_response(lambda answer: answer.url.endswith("/status") and answer.status == 304, timeout=8_000):
        pass


def test_a_lost_connection_is_told_and_the_page_goes_on_trying_more_slowly(scene: Scene) -> None:
    """Acceptance 6: an error slows it down."""
    attempt = scene.start()
    page = scene.open()
    times = looks(page)
    page.route("**/status", lambda route: route.abort())
    expect(page.get_by_role("status")).to_have_text("Connection lost, still trying", timeout=12_000)
    page.wait_for_timeout(5_000)
    assert len(times) <= 4
    page.unroute("**/status")
    scene.alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=12_000)


def test_a_server_that_asks_for_patience_gets_it(scene: Scene) -> None:
    scene.start()
    page = scene.open()
    times = looks(page)

    def busy(route: Route) -> None:
        route.fulfill(status=503, headers={"Retry-After": "6"}, body="")

    page.route("**/status", busy)
    page.wait_for_timeout(8_000)
    assert len(times) == 1


def test_a_page_that_was_open_for_an_hour_still_shows_the_payment(scene: Scene) -> None:
    """Acceptance 6: paid after an hour, shown within a minute."""
    attempt = scene.start(method="bank")
    page = scene.open()
    page.clock.install()
    page.reload()
    for _ in range(12):
        scene.clock.forward(minutes=5)
        page.clock.fast_forward(5 * 60_000)
        page.wait_for_timeout(150)
    scene.alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    page.clock.fast_forward(72_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")


def test_the_countdown_ends_in_a_question_not_in_a_claim(scene: Scene) -> None:
    scene.start()
    page = scene.open()
    page.clock.install()
    page.reload()
    expect(page.locator(".left")).to_have_text("15 min left")
    scene.clock.forward(minutes=15)
    page.clock.run_for(15 * 60_000 + 2_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("Checking the code that has expired")
    assert "No money was taken" not in page.inner_text("main")
    assert scene.alpha.count("query") == 1


def test_a_number_is_copied(scene: Scene) -> None:
    page = scene.open()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the payment number").click()
    expect(page.locator("#news")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == scene.payment.payment_no

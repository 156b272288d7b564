"""Nothing is known of an attempt: every way out of it, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from cashier.services.query import query_attempt
from tests.browser.counter.conftest import Scene
from tests.browser.counter.states import closing, unknown

pytestmark = pytest.mark.browser


def says(page: Page, heading: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=10_000)


def test_check_again_finds_that_it_was_paid(scene: Scene) -> None:
    """Acceptance 8: unknown, checked, paid."""
    scene.alpha.arm("create", "timeout_after")
    attempt = scene.start()
    scene.clock.forward(seconds=20)
    page = scene.open()
    says(page, "We do not know the result yet")
    scene.alpha.pay(attempt.attempt_no)
    page.get_by_role("button", name="Check again").click()
    says(page, "Payment received")


def test_closing_frees_the_payment(scene: Scene) -> None:
    """Acceptance 8: unknown, closed."""
    scene.alpha.arm("create", "timeout_after")
    scene.start()
    scene.clock.forward(seconds=20)
    page = scene.open()
    page.get_by_role("button", name="Cancel this payment").click()
    expect(page.get_by_text("That payment is closed. No money was taken.")).to_be_visible()


def test_closing_that_fails_claims_nothing(scene: Scene) -> None:
    """Acceptance 8: unknown, and the close is not answered either."""
    unknown(scene)
    scene.alpha.arm("close", "timeout_before")
    scene.alpha.arm("query", "timeout_before")
    page = scene.open()
    page.get_by_role("button", name="Cancel this payment").click()
    says(page, "Cancelling this payment")
    assert "No money was taken" not in page.inner_text("main")
    expect(page.get_by_role("button", name="Check again")).to_be_visible()


@pytest.mark.parametrize(
    ("sees", "where", "attempts"),
    [("I was charged ¥128.00", "help", 1), ("I was not charged", "", 2), ("I am not sure", "", 1)],
)
def test_what_the_shopper_sees_decides(scene: Scene, sees: str, where: str, attempts: int) -> None:
    """Acceptance 8: the page before paying again, with each of its three answers."""
    closing(scene)
    scene.alpha.arm("query", "timeout_before", times=9)
    page = scene.open()
    page.get_by_role("link", name="I was not charged, pay again").click()
    page.get_by_role("radio", name=sees).check()
    if attempts == 2:
        page.get_by_role("radio", name="beta").first.check()
    page.locator("button.primary").click()
    expect(page).to_have_url(scene.url + where)
    if not where:
        says(page, "Scan to pay with beta" if attempts == 2 else "Cancelling this payment")
    assert len(scene.attempts) == attempts


def test_a_first_payment_that_went_through_meanwhile_stops_the_second(scene: Scene) -> None:
    """Acceptance 9: it is paid between the page and the click."""
    attempt = scene.start()
    scene.alpha.arm("close", "timeout_before", times=9)
    scene.alpha.arm("query", "timeout_before", times=3)
    for _ in range(3):
        scene.clock.forward(seconds=30)
        query_attempt(attempt_no=attempt.attempt_no)
    page = scene.open()
    page.get_by_role("button", name="Cancel or use another way to pay").click()
    page.get_by_role("link", name="I was not charged, pay again").click()
    page.get_by_role("radio", name="I was not charged").check()
    scene.alpha.pay(attempt.attempt_no)
    page.locator("button.primary").click()
    says(page, "This order is already paid")
    assert len(scene.attempts) == 1


def test_every_question_is_listed_with_its_answer_and_stays_open(scene: Scene) -> None:
    unknown(scene)
    page = scene.open()
    page.get_by_text("What it answered each time").click()
    expect(page.locator("#checks li")).to_have_count(3)
    expect(page.locator("#checks li").first).to_have_text("11:03:21 asked alpha: no clear answer")
    scene.alpha.arm("query", "timeout_before")
    scene.clock.forward(seconds=5)
    query_attempt(attempt_no=scene.attempts[0].attempt_no)
    expect(page.locator("#checks li")).to_have_count(4, timeout=8_000)  # no reload, and the list is still open
    expect(page.locator("#checks li").first).to_be_visible()

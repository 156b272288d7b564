"""Ten ways to lose money: every row of the demo's tour, walked as it says, against the real processes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from orders.tour.rows import BY_SLUG, ROWS
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

WITHIN_MS = 15_000
CODE = re.compile("Payment code")
PAY = re.compile("^Pay ")
WALKS: dict[str, Callable[[Page], None]] = {}


@pytest.fixture(autouse=True)
def _calm(stack: Stack) -> Iterator[None]:
    yield
    stack.call_sandbox("DELETE", "/faults")


def walks(slug: str) -> Callable[[Callable[[Page], None]], Callable[[Page], None]]:
    """Say which row a function walks. It gets the row's page, with an order made and the faults armed."""

    def note(walk: Callable[[Page], None]) -> Callable[[Page], None]:
        WALKS[slug] = walk
        return walk

    return note


@pytest.mark.parametrize("slug", [row.slug for row in ROWS])
def test_a_way_to_lose_money_loses_none(page: Page, stack: Stack, slug: str) -> None:
    """Acceptance 1, 2, 3, 8, 9 and 14, with the channels' faults played on the wire."""
    row = BY_SLUG[slug]
    page.goto(f"{stack.web}/demo/tour/")
    page.get_by_role("button", name=str(row.title)).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(str(row.title))
    WALKS[slug](page)
    ends(page)


def ends(tour: Page) -> None:
    """The row's page says that payhub and the channels' books agree on the end."""
    tour.bring_to_front()
    expect(tour.get_by_text("As it should end", exact=True)).to_be_visible(timeout=60_000)


def counter_of(tour: Page) -> Page:
    """Open the payment page in a tab of its own."""
    with tour.expect_popup() as opened:
        tour.get_by_role("link", name="Open the payment page").click()
    return opened.value


def choose(page: Page, channel: str) -> None:
    page.get_by_label(f"Scan a code with {channel}").check()
    page.get_by_role("button", name=PAY).click()


def says(page: Page, heading: str, within_ms: int = WITHIN_MS) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(heading, timeout=within_ms)


def pay_by_phone(page: Page) -> None:
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open as the phone").click()
    phone = opened.value
    phone.get_by_role("button", name=re.compile("^Pay")).first.click()
    phone.close()


def press(tour: Page, label: str) -> None:
    """Press the tour's own button on a page that is up to date: an older one looks, and is drawn anew under the hand."""
    tour.bring_to_front()
    tour.reload()
    tour.get_by_role("button", name=re.compile(f"^{label}")).click()


def press_pay_first(tour: Page) -> None:
    press(tour, "Somebody pays the first code")


def comes_to_say(page: Page, heading: str) -> None:
    """A page that had come to its end says something else when it is opened again: soon, for the news take a moment."""
    for _ in range(60):
        page.reload()
        if page.get_by_role("heading", level=1).inner_text() == heading:
            return
        page.wait_for_timeout(500)
    says(page, heading)


@walks("double-click")
def _(tour: Page) -> None:
    page = counter_of(tour)
    page.get_by_label("Scan a code with WeChat").check()
    page.get_by_role("button", name=PAY).dblclick(no_wait_after=True)
    expect(page.get_by_role("img", name=CODE)).to_be_visible(timeout=WITHIN_MS)
    pay_by_phone(page)
    says(page, "Payment received")


@walks("two-tabs")
def _(tour: Page) -> None:
    first, second = counter_of(tour), counter_of(tour)
    choose(first, "WeChat")
    expect(first.get_by_role("img", name=CODE)).to_be_visible()
    choose(second, "WeChat")
    expect(second.get_by_role("img", name=CODE)).to_be_visible()
    expect(second.get_by_text("A payment for this order was already started")).to_be_visible()
    drawing = "svg => svg.querySelector('path').getAttribute('d')"
    assert first.locator("svg.qr").evaluate(drawing) == second.locator("svg.qr").evaluate(drawing)
    pay_by_phone(second)
    says(second, "Payment received")
    first.bring_to_front()
    says(first, "Payment received")


@walks("two-channels")
def _(tour: Page) -> None:
    first, second = counter_of(tour), counter_of(tour)
    choose(first, "WeChat")
    says(first, "Scan to pay with WeChat Pay")
    choose(second, "Alipay")
    says(second, "Scan to pay with WeChat Pay")
    second.get_by_role("button", name="Cancel or use another way to pay").click()
    expect(second.get_by_text("That payment is closed. No money was taken.")).to_be_visible(timeout=WITHIN_MS)
    choose(second, "Alipay")
    says(second, "Scan to pay with Alipay")
    pay_by_phone(second)
    says(second, "Payment received")
    press_pay_first(tour)
    expect(tour.get_by_text("This order is closed. Nothing was charged.")).to_be_visible()


@walks("lost-callback")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "Alipay")
    pay_by_phone(page)
    says(page, "Payment received")
    tour.bring_to_front()
    expect(tour.get_by_text("known by: Answer to a query")).to_be_visible(timeout=WITHIN_MS)


@walks("late-callback")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "WeChat")
    pay_by_phone(page)
    says(page, "Payment received")


@walks("unknown-close")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "WeChat")
    says(page, "We do not know the result yet", 30_000)
    assert "No money was taken" not in page.inner_text("main")
    page.get_by_role("button", name="Cancel this payment").click()
    expect(page.get_by_text("That payment is closed. No money was taken.")).to_be_visible(timeout=WITHIN_MS)
    choose(page, "WeChat")
    pay_by_phone(page)
    says(page, "Payment received")


@walks("unknown-again")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "WeChat")
    says(page, "We do not know the result yet", 30_000)
    page.get_by_role("button", name="Cancel this payment").click()
    says(page, "Cancelling this payment")
    again = page.get_by_role("link", name="I was not charged, pay again")
    expect(again).to_be_visible(timeout=150_000)
    page.get_by_text("What it answered each time").click()
    expect(page.get_by_text("asked WeChat Pay: no clear answer").first).to_be_visible()
    again.click()
    page.get_by_label("I was not charged").check()
    page.get_by_label("Scan a code with Alipay").check()
    page.get_by_role("button", name="Start a new payment of ¥128.00").click()
    says(page, "Scan to pay with Alipay")
    pay_by_phone(page)
    says(page, "Payment received")
    press_pay_first(tour)
    ends(tour)
    comes_to_say(page, "You paid twice. The extra payment was returned")


@walks("expired-paid")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "WeChat")
    expect(page.get_by_role("img", name=CODE)).to_be_visible()
    says(page, "The time to pay has ended", 90_000)
    expect(page.get_by_text("nothing was paid. No money was taken.")).to_be_visible()
    press_pay_first(tour)
    ends(tour)
    comes_to_say(page, "Your late payment was returned")


@walks("refund-unknown")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "WeChat")
    expect(page.get_by_role("img", name=CODE)).to_be_visible()
    with tour.expect_popup() as opened:
        tour.get_by_role("link", name="Open the order's page").click()
    opened.value.get_by_role("button", name="Cancel this order").click()
    says(page, "Payment cancelled")
    press_pay_first(tour)
    comes_to_say(page, "We received your payment after the order closed")
    expect(tour.get_by_text("Refund: Sent")).to_be_visible(timeout=30_000)
    ends(tour)
    comes_to_say(page, "Your late payment was returned")


@walks("found-by-bill")
def _(tour: Page) -> None:
    page = counter_of(tour)
    choose(page, "WeChat")
    expect(page.get_by_role("img", name=CODE)).to_be_visible()
    with tour.expect_popup() as opened:
        tour.get_by_role("link", name="Open the order's page").click()
    opened.value.get_by_role("button", name="Cancel this order").click()
    says(page, "Payment cancelled")
    press(tour, "Somebody pays the old code, and the bill comes")
    ends(tour)
    expect(tour.get_by_text(re.compile("known by: .*[Bb]ill"))).to_be_visible()
    comes_to_say(page, "Your late payment was returned")


def test_every_row_is_walked() -> None:
    assert set(WALKS) == set(BY_SLUG)

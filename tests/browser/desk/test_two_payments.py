"""A shopper pays twice at the sandbox: the case opens by itself, one person decides, another approves, the money goes back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from dev.waiting import wait_until
from tests.browser.stack import Stack
from tests.browser.test_main_job import order

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

_POLICY = "UPDATE merchants_merchant SET double_payment_policy = %s, auto_refund_limit_minor = %s RETURNING id"


@pytest.fixture(autouse=True)
def _lets_several_run(stack: Stack) -> Iterator[None]:
    """Let several attempts run, and have a person approve every surplus."""
    stack.sql(_POLICY, "REFUND_EXTRA", 0)
    yield
    stack.sql(_POLICY, "STRICT", 50_000)


def sign_in(browser: Browser, stack: Stack, name: str) -> Page:
    page = browser.new_context(locale="en-GB").new_page()
    page.goto(f"{stack.web}/admin/login/?next=/admin/orders/complaint/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(stack.users[name])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Select case to view")).to_be_visible()
    return page


def test_from_two_payments_to_the_money_back(page: Page, browser: Browser, stack: Stack) -> None:
    counter = order(page, stack)
    phones: list[Page] = []
    # The pages turn to "paid" by themselves, so each phone is opened before either pays.
    for channel in ("WeChat", "Alipay"):
        if phones:
            page.get_by_text("Use another way to pay", exact=True).click()
        page.get_by_label(f"Scan a code with {channel}").check()
        page.get_by_role("button", name=re.compile("^Pay ")).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(channel)
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Open as the phone").click()
        phones.append(opened.value)
    for phone in phones:
        phone.get_by_role("button", name=re.compile("^Pay")).first.click()
    token = counter.rstrip("/").rsplit("/", 1)[-1]
    cases = (
        "SELECT c.complaint_no, c.token, c.state FROM orders_complaint c JOIN orders_order o ON o.id = c.order_id "
        "JOIN cashier_payment p ON p.merchant_order_no = o.order_no WHERE p.token = %s"
    )
    assert wait_until(lambda: bool(stack.sql(cases, token)), timeout_s=60)
    case_no, case_token, _state = stack.sql(cases, token)[0]

    agent = sign_in(browser, stack, "support")
    agent.get_by_role("link", name=str(case_no)).click()
    expect(agent.get_by_text("2 payments succeeded for order")).to_be_visible()
    agent.get_by_role("link", name="Ask the channel").click()
    agent.get_by_role("button", name="Ask the channel").click()
    expect(agent.get_by_text("What it said stands in the table.")).to_be_visible()
    agent.get_by_role("link", name="Decide").click()
    agent.get_by_label("Paid twice: the extra payment goes back").check()
    agent.get_by_label("Reason, for the desk only").fill("Both payments are confirmed by their channels.")
    agent.get_by_role("button", name="Decide").click()
    expect(agent.get_by_text("The case is decided, and the shopper can read it.")).to_be_visible()
    agent.context.close()

    finance = sign_in(browser, stack, "finance")
    finance.goto(f"{stack.web}/admin/orders/complaint/?queue=refunding")
    finance.get_by_role("link", name=str(case_no)).click()
    refund_no = finance.locator(".rows code", has_text=re.compile("^R")).first.inner_text()
    finance.goto(f"{stack.web}/admin/cashier/refund/?q={refund_no}")
    finance.get_by_role("link", name=refund_no).click()
    finance.get_by_role("link", name=re.compile("^Approve and send")).click()
    finance.locator("input[name=password]").fill(stack.users["finance"])
    finance.get_by_role("button", name=re.compile("^Approve and send")).click()
    expect(finance.get_by_text("Approved. It is being sent to where the money came from.")).to_be_visible()
    finance.context.close()

    assert wait_until(lambda: stack.sql(cases, token)[0][2] == "CLOSED", timeout_s=60)
    page.goto(f"{stack.web}/h/{case_token}/")
    expect(page.get_by_text("Returned")).to_be_visible()
    expect(page.get_by_text("Your case is done.")).to_be_visible()

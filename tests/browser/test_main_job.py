"""The main job, in a real browser against the real processes: a shopper orders, pays once, and the order is paid."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from dev.waiting import wait_until
from tests.browser.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]

WITHIN_3_S = 3_000
CHANNELS = ["WeChat Pay", "Alipay"]


@pytest.fixture(autouse=True)
def _calm(stack: Stack) -> Iterator[None]:
    yield
    stack.call_sandbox("DELETE", "/faults")


def order(page: Page, stack: Stack, good: str = "A novel in two volumes") -> str:
    """Order one good in the shop; return the address of the counter's page."""
    page.goto(f"{stack.web}/shop/")
    page.get_by_role("article").filter(has_text=good).get_by_role("button", name="Order").click()
    expect(page).to_have_url(re.compile(r"/c/[0-9a-z]{32}/$"))
    return page.url


def choose_and_pay(page: Page, channel: str = "WeChat Pay") -> None:
    page.get_by_label(f"Scan a code with {channel.removesuffix(' Pay')}").check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()


def attempts(stack: Stack, counter: str) -> list[tuple[str, str]]:
    """The attempts of the payment at this counter address, as the database has them."""
    found = stack.sql(
        "SELECT attempt_no, a.state FROM cashier_attempt a JOIN cashier_payment p ON p.id = payment_id "
        "WHERE token = %s ORDER BY a.id",
        counter.rstrip("/").rsplit("/", 1)[-1],
    )
    return [(str(number), str(state)) for number, state in found]


def charges(stack: Stack, counter: str) -> int:
    """How often money moved for this payment, as the channels' books say."""
    numbers = {number for number, _ in attempts(stack, counter)}
    return sum(charge["out_trade_no"] in numbers for charge in stack.charges())


def pay_on_phone(page: Page, button: str = "Pay") -> None:
    """Scan the code and pay on the sandbox's page."""
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open as the phone").click()
    phone = opened.value
    phone.get_by_role("button", name=re.compile(f"^{button}")).first.click()
    phone.close()


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_shopper_orders_pays_once_and_the_order_is_paid(page: Page, stack: Stack, channel: str) -> None:
    counter = order(page, stack)
    choose_and_pay(page, channel)
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    pay_on_phone(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=WITHIN_3_S)
    page.get_by_role("link", name=re.compile("^Return to")).first.click()
    expect(page.get_by_text("Paid", exact=False).first).to_be_visible()
    assert [state for _, state in attempts(stack, counter)] == ["SUCCEEDED"]
    assert charges(stack, counter) == 1
    token = page.url.rstrip("/").rsplit("/", 1)[-1]
    assert wait_until(
        lambda: stack.sql("SELECT state FROM orders_order WHERE token = %s", token) == [("PAID",)], timeout_s=5
    )


def test_a_double_click_three_slow_clicks_and_enter_twice_start_one_attempt(page: Page, stack: Stack) -> None:
    stack.arm("slow", call="create", wait_s=3, count=None)
    for press in ("double", "slow", "enter"):
        counter = order(page, stack, "Pocket notebook" if press == "slow" else "Paper bookmark")
        page.get_by_label("Scan a code with WeChat").check()
        button = page.get_by_role("button", name=re.compile("^Pay "))
        if press == "double":
            button.dblclick(no_wait_after=True)
        elif press == "enter":
            button.focus()
            page.keyboard.press("Enter")
            page.keyboard.press("Enter")
        else:
            button.click(no_wait_after=True)
            for _ in range(2):
                page.wait_for_timeout(700)  # a person's pause between clicks is the point here
                page.mouse.click(200, 400)
        expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible(timeout=10_000)
        assert len(attempts(stack, counter)) == 1, press
        page.context.clear_cookies()


def test_a_repeated_post_is_answered_303_to_the_same_attempt(page: Page, stack: Stack) -> None:
    counter = order(page, stack)
    form = page.locator("form").filter(has=page.get_by_role("button", name=re.compile("^Pay ")))
    page.get_by_label("Scan a code with WeChat").check()
    fields = form.evaluate("form => Object.fromEntries(new FormData(form))")
    for _ in range(3):
        answer = page.request.post(counter + "pay", form=fields, max_redirects=0, headers={"Referer": counter})
        assert answer.status == 303
        assert answer.headers["location"].rstrip("/").endswith(counter.rstrip("/").rsplit("/", 1)[-1])
    assert len(attempts(stack, counter)) == 1


def test_two_tabs_reload_and_back_show_the_same_attempt(page: Page, stack: Stack) -> None:
    counter = order(page, stack)
    second = page.context.new_page()
    second.goto(counter)
    choose_and_pay(page)
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    choose_and_pay(second)
    expect(second.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    page.reload()
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    page.goto(f"{stack.web}/shop/")
    page.go_back()
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pay "))).to_have_count(0)
    assert len(attempts(stack, counter)) == 1
    pay_on_phone(page)
    for tab in (page, second):
        expect(tab.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=2 * WITHIN_3_S)
    page.go_back()
    page.go_forward()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    assert charges(stack, counter) == 1


@pytest.fixture
def without_script(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that runs no script."""
    context = browser.new_context(java_script_enabled=False)
    yield context
    context.close()


def test_without_javascript_the_main_job_runs_and_two_clicks_are_one_attempt(
    without_script: BrowserContext, stack: Stack
) -> None:
    page = without_script.new_page()
    counter = order(page, stack)
    page.get_by_label("Scan a code with Alipay").check()
    page.get_by_role("button", name=re.compile("^Pay ")).dblclick()
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    pay_on_phone(page)
    assert wait_until(lambda: attempts(stack, counter)[0][1] == "SUCCEEDED", timeout_s=15)
    page.get_by_role("link", name="Check payment status").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received")
    assert len(attempts(stack, counter)) == 1
    assert charges(stack, counter) == 1


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_lost_notification_is_made_good_within_fifteen_seconds(page: Page, stack: Stack, channel: str) -> None:
    counter = order(page, stack)
    choose_and_pay(page, channel)
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    stack.arm("drop", call="notify")
    pay_on_phone(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=15_000)
    sources = stack.sql(
        "SELECT f.source FROM cashier_channelfact f WHERE attempt_no = %s", attempts(stack, counter)[0][0]
    )
    assert sources == [("QUERY",)]


def test_a_notification_told_three_times_settles_once(page: Page, stack: Stack) -> None:
    counter = order(page, stack)
    choose_and_pay(page)
    stack.arm("repeat", call="notify", times=3, parallel=True)
    pay_on_phone(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=WITHIN_3_S)
    number = attempts(stack, counter)[0][0]
    assert stack.sql("SELECT count(*) FROM outbox_event WHERE payload->>'attempt_no' = %s", number) == [(1,)]


def test_a_wrong_amount_is_kept_returned_and_shown_to_a_person_but_pays_nothing(page: Page, stack: Stack) -> None:
    counter = order(page, stack)
    choose_and_pay(page)
    expect(page.get_by_role("img", name=re.compile("Payment code"))).to_be_visible()
    number = attempts(stack, counter)[0][0]
    stack.call_sandbox(
        "POST", "/notifications", {"channel": "wechat", "out_trade_no": number, "notify": {"kind": "wrong_amount"}}
    )
    seen = "SELECT verdict FROM cashier_channelfact WHERE attempt_no = %s"
    assert wait_until(lambda: stack.sql(seen, number) == [("SURPLUS_AMOUNT",)], timeout_s=10)
    token = counter.rstrip("/").rsplit("/", 1)[-1]
    assert stack.sql("SELECT state FROM cashier_payment WHERE token = %s", token) == [("OPEN",)]
    assert stack.sql(
        "SELECT count(*) FROM review_reviewitem i JOIN cashier_refund r ON i.subject = 'refund:' || r.refund_no "
        "JOIN cashier_attempt a ON a.id = r.attempt_id WHERE i.kind = 'AMOUNT_MISMATCH' AND a.attempt_no = %s",
        number,
    ) == [(1,)]


def test_an_unknown_counter_address_is_a_page_that_says_so(page: Page, stack: Stack) -> None:
    answer = page.goto(f"{stack.web}/c/{'0' * 32}/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("We cannot find this payment")


def test_the_merchant_sees_the_order_and_its_timeline(page: Page, stack: Stack) -> None:
    counter = order(page, stack)
    choose_and_pay(page)
    pay_on_phone(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Payment received", timeout=WITHIN_3_S)
    number = attempts(stack, counter)[0][0]
    page.goto(f"{stack.web}/m/")
    page.get_by_label("Username").fill("merchant")
    page.get_by_label("Password").fill(stack.users["merchant"])
    page.get_by_role("button", name=re.compile("(Sign|Log) in")).click()
    (order_no,) = stack.sql(
        "SELECT merchant_order_no FROM cashier_payment WHERE token = %s", counter.rstrip("/").rsplit("/", 1)[-1]
    )[0]
    page.get_by_role("link", name=str(order_no)).click()
    expect(page.get_by_text(number).first).to_be_visible()
    expect(page.get_by_text("Paid").first).to_be_visible()

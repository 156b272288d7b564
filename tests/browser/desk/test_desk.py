"""The desk in a real browser: everybody can read and use it, by keyboard too, on a phone and in both languages."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from playwright.sync_api import Browser, Page, expect

from cashier.models import Attempt, ChannelAccount, Payment, Refund
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from cashier.services.refund import send_approved
from orders.models import Complaint, Statement
from orders.models.statement import Party
from orders.services.complaints.statements import request_statement
from orders.services.submit import Draft, Item, submit
from payhub import clock
from payhub.dashboard.figures import count
from payhub.merchants.models import DoublePaymentPolicy, Merchant
from payhub.outbox.deliver import deliver_due
from tests.browser.counter.test_every_state import LOOKS
from tests.browser.readable import SIDEWAYS, faults_of
from tests.conftest import staff
from tests.played.channel import Books

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("no_wakes")]

PASSWORD = "a long enough one"
PICTURES = os.environ.get("DESK_PICTURES")


@pytest.fixture
def web(transactional_db: None, live_server: Any, settings: Any) -> str:
    """Where the pages are."""
    settings.PAYHUB_BASE_URL = live_server.url
    cache.clear()
    for name, role in (("li", "cs_agent"), ("han", "finance")):
        person = staff(name, role)
        person.is_staff = True
        person.set_password(PASSWORD)
        person.save()
    return str(live_server.url)


@pytest.fixture
def twice(
    web: str,
    merchant: Merchant,
    alpha: Books,
    alpha_account: ChannelAccount,
    beta: Books,
    beta_account: ChannelAccount,
) -> Complaint:
    """An order that was paid at two channels within a second, and the case that opened by itself."""
    merchant.double_payment_policy, merchant.auto_refund_limit_minor = DoublePaymentPolicy.REFUND_EXTRA, 0
    merchant.save()
    novels = Item(sku="novel", title="A novel in two volumes", unit_minor=6_400, quantity=2)
    draft = Draft(
        merchant_id=merchant.pk, items=(novels,), currency="CNY", buyer="b", buyer_name="Wang", contact="13812345678"
    )
    submit(draft=draft, now=clock.now())
    payment = Payment.objects.get()
    for books, account in ((alpha, alpha_account), (beta, beta_account)):
        attempt = pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now())
        books.pay(attempt.attempt_no)
    for attempt in Attempt.objects.order_by("id"):
        query_attempt(attempt_no=attempt.attempt_no)
    deliver()
    return Complaint.objects.get()


def deliver() -> None:
    while deliver_due(now=clock.now()):
        pass


def sign_in(page: Page, web: str, name: str) -> None:
    page.goto(f"{web}/admin/login/?next=/admin/")
    page.locator("input[name=username]").fill(name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".board")).to_be_visible()


def pages_of(case: Complaint, refund: Refund, statement: Statement) -> dict[str, str]:
    """The ten main pages, by the name of their picture."""
    payment = Payment.objects.get()
    return {
        "dashboard": "/admin/",
        "queue": "/admin/orders/complaint/",
        "case": f"/admin/orders/complaint/{case.pk}/change/",
        "decide": f"/admin/orders/complaint/{case.pk}/do/decide/",
        "refunds": "/admin/cashier/refund/?queue=awaiting",
        "approve": f"/admin/cashier/refund/{refund.pk}/do/approve/",
        "exceptions": "/admin/review/reviewitem/",
        "help": f"/c/{payment.token}/help",
        "shopper": f"/h/{case.token}/",
        "statement": f"/h/statements/{statement.token}/",
    }


@pytest.mark.parametrize("look", LOOKS, ids=["English, wide, light", "Chinese, narrow, dark"])
def test_everybody_can_read_the_ten_main_pages(
    browser: Browser, web: str, twice: Complaint, look: dict[str, Any]
) -> None:
    statement = request_statement(
        complaint_id=twice.pk,
        party=Party.SUPPLIER,
        name="Paper mill",
        person=User.objects.get(username="li"),
        now=clock.now(),
    )
    count(now=clock.now())
    context = browser.new_context(**look)
    page = context.new_page()
    sign_in(page, web, "han")
    faults = []
    for name, path in pages_of(twice, Refund.objects.get(), statement).items():
        page.goto(web + path)
        faults += [
            f"{name}: {fault}" for fault in faults_of(page, by_the_norm_only=True)
        ]  # stock admin breaks best practice
        if not path.startswith("/admin/"):
            assert page.evaluate(SIDEWAYS) == 0, name
            assert page.locator("script").count() == 0 or name == "help"
        if PICTURES:
            look_name = "wide" if look["viewport"]["width"] > 400 else "narrow"
            page.screenshot(path=Path(PICTURES) / f"{name}-{look_name}.png", full_page=True)
    context.close()
    assert not faults, "\n".join(faults)


def press(page: Page, words: str) -> None:
    """Go to a link or button by Tab alone, and press Enter."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == words:
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"the keyboard does not reach {words!r}")


def test_by_keyboard_alone_an_agent_decides_another_approves_and_the_shopper_reads_it(
    browser: Browser, page: Page, web: str, twice: Complaint
) -> None:
    sign_in(page, web, "li")
    page.goto(f"{web}/admin/orders/complaint/{twice.pk}/change/")
    press(page, "Take the case")
    expect(page.get_by_text("You become its owner. No money moves.")).to_be_visible()
    press(page, "Take the case")
    expect(page.get_by_text("The case is yours.")).to_be_visible()
    press(page, "Decide")
    expect(page.get_by_role("heading", name="What the shopper will read")).to_be_visible()
    page.get_by_label("Paid twice: the extra payment goes back").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("Both payments are confirmed by their channels.")
    press(page, "Decide")
    expect(page.get_by_text("The case is decided, and the shopper can read it.")).to_be_visible()

    refund = Refund.objects.get()
    assert refund.state == "REQUESTED"  # the decision alone sends nothing
    other = browser.new_context()
    approving = other.new_page()
    sign_in(approving, web, "han")
    approving.goto(f"{web}/admin/cashier/refund/?queue=awaiting")
    approving.get_by_role("link", name=refund.refund_no).click()
    press(approving, "Approve and send ¥128.00")
    expect(approving.locator("input[name=password]")).to_be_visible()
    approving.locator("input[name=password]").focus()
    approving.keyboard.type(PASSWORD)
    press(approving, "Approve and send ¥128.00")
    expect(approving.get_by_text("Approved. It is being sent to where the money came from.")).to_be_visible()
    other.close()

    send_approved(now=clock.now())
    deliver()
    page.goto(f"{web}/h/{twice.token}/")
    expect(page.get_by_text("The order was paid more than once.")).to_be_visible()
    expect(page.get_by_text("Returned")).to_be_visible()
    assert Complaint.objects.get().state == "CLOSED"


@pytest.fixture
def plain(browser: Browser) -> Any:
    """A phone that runs no script."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    yield context.new_page()
    context.close()


def test_without_a_script_a_supplier_gives_a_statement_by_link(
    plain: Page, page: Page, web: str, twice: Complaint, tmp_path: Path
) -> None:
    sign_in(page, web, "li")
    page.goto(f"{web}/admin/orders/complaint/{twice.pk}/do/statement/")
    page.get_by_label("Supplier").check()
    page.get_by_label("Name").fill("Paper mill")
    page.get_by_role("button", name="Ask for a statement").click()
    link = page.get_by_text("Send this link to Paper mill").inner_text().rsplit(" ", 1)[-1]
    paper = tmp_path / "way bill.pdf"
    paper.write_bytes(b"%PDF-1.7\nsent once")
    plain.goto(link)
    plain.get_by_label("Your statement").fill("We sent it once, on Monday.")
    plain.get_by_label("Pictures or PDF").set_input_files(paper)
    plain.get_by_role("button", name="Give the statement").click()
    expect(plain.get_by_text("Thank you.")).to_be_visible()
    page.goto(f"{web}/admin/orders/complaint/{twice.pk}/change/")
    expect(page.get_by_text("We sent it once, on Monday.")).to_be_visible()
    expect(page.get_by_role("link", name="way_bill.pdf")).to_be_visible()


def test_without_a_script_a_shopper_reports_and_reads_on(
    plain: Page, web: str, twice: Complaint, tmp_path: Path
) -> None:
    plain.goto(f"{web}/c/{Payment.objects.get().token}/")
    plain.get_by_role("link", name="Problem with this payment?").click()
    plain.get_by_role("link", name="Open the case").click()
    plain.get_by_label("Add to it").fill("My bank shows both.")
    picture = tmp_path / "bank.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * 50)
    plain.get_by_label("Pictures or PDF").set_input_files(picture)
    plain.get_by_role("button", name="Send").click()
    expect(plain.get_by_text("My bank shows both.")).to_be_visible()
    expect(plain.get_by_role("link", name="bank.png")).to_be_visible()

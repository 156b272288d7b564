"""The books as people use them: upload a bill, watch it being read, resolve what differs with two people."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from playwright.sync_api import Page, expect

from cashier.channels.base import BillKind
from payhub import clock
from payhub.merchants.models import Membership
from payhub.money import Money
from reconciliation.models import Bill, Difference
from reconciliation.services import load as loading
from reconciliation.services import progress, reading
from reconciliation.services.progress import Progress
from reconciliation.services.run import run_due
from tests.browser.readable import expect_readable, look_of
from tests.conftest import MovedClock, staff
from tests.integration.reconciliation.conftest import ACCOUNT, DAY, Shop, morning_after
from tests.integration.reconciliation.conftest import shop as shop
from tests.played.bill import write

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_wakes", "heard"),
]
PASSWORD = "a long enough one"
BILLS = "/admin/reconciliation/bill/"


@pytest.fixture
def web(live_server: Any, settings: Any, shop: Shop) -> str:
    """The back office, and two people of finance."""
    cache.clear()
    settings.PAYHUB_BASE_URL = live_server.url
    for name in ("ada", "bo"):
        person = staff(name)
        Membership.objects.create(user=person, merchant=shop.account.merchant)
        person.is_staff = True
        person.set_password(PASSWORD)
        person.save()
    merchant = shop.account.merchant
    merchant.second_approver_above_minor = 1_000
    merchant.save()
    return str(live_server.url)


def sign_in(page: Page, web: str, name: str, language: str = "en") -> None:
    page.context.clear_cookies()
    page.goto(f"{web}/admin/login/?lang={language}")
    page.locator("#id_username").fill(name)
    page.locator("#id_password").fill(PASSWORD)
    page.locator("[type=submit]").click()
    expect(page.locator("#user-tools")).to_be_visible()


def a_day(shop: Shop, moved_clock: MovedClock, tmp_path: Path) -> Path:
    """Sell forty times; the bill has one payment less and one with another amount."""
    for minor in range(5_000, 5_040):
        shop.sell(minor)
    shop.change_line(3, amount=Money(9_003, "CNY"))
    shop.change_line(7, fee=Money(1, "CNY"))
    shop.lines.pop()
    morning_after(moved_clock)
    file = tmp_path / "bill.txt"
    file.write_bytes(write(shop.lines, DAY))
    return file


def upload(page: Page, web: str, file: Path) -> None:
    page.goto(f"{web}{BILLS}upload/")
    page.get_by_label("Account").select_option(ACCOUNT)
    page.get_by_label("The channel's day").fill(str(DAY))
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Upload").click()


def in_the_background(work: Any) -> threading.Thread:
    def act() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_a_bill_is_uploaded_watched_and_what_differs_is_resolved_by_two_people(
    page: Page, web: str, shop: Shop, moved_clock: MovedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = a_day(shop, moved_clock, tmp_path)
    sign_in(page, web, "ada")
    upload(page, web, file)
    expect(page.get_by_text("Taken up within seconds.")).to_be_visible()

    # Read in batches of ten; after twenty it stands still until the page has shown so.
    seen, real = threading.Event(), Progress.tell

    def tell(self: Progress, done: int, total: int) -> None:
        real(self, done, total)
        if done == 20:
            moved_clock.forward(seconds=1)
            assert seen.wait(60)

    monkeypatch.setattr(reading, "BLOCK", 10)
    monkeypatch.setattr(loading, "BATCH", 1)
    monkeypatch.setattr(progress, "TELL_EVERY", timedelta(0))
    monkeypatch.setattr(Progress, "tell", tell)
    thread = in_the_background(lambda: run_due(now=clock.now()))
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "20")
    expect(page.locator("[aria-current=step]")).to_contain_text("Read its lines")
    page.reload()
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "20")
    seen.set()
    thread.join(60)
    expect(page.get_by_text("2 differences are left to decide")).to_be_visible()
    assert Bill.objects.get(day_date=DAY).state == "DIFFERENT"

    page.get_by_role("link", name="Amount differs").click()
    expect(page.get_by_text("above the limit for one person")).to_be_visible()
    page.get_by_label("The channel is right").check()
    page.get_by_label("Reason").fill("The channel's page shows 90.03.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("A colleague has to agree.")).to_be_visible()
    difference = Difference.objects.get(bucket="AMOUNT")
    assert difference.state == "PROPOSED"

    sign_in(page, web, "bo")
    page.goto(f"{web}/admin/reconciliation/difference/{difference.pk}/change/")
    page.get_by_role("button", name="I agree").click()
    expect(page.get_by_text("You agreed: it is resolved.")).to_be_visible()
    page.goto(f"{web}/admin/reconciliation/difference/?left=yes")
    page.get_by_role("link", name="LOCAL_ONLY").click()
    page.get_by_label("Explained").check()
    page.get_by_label("Reason").fill("It is in tomorrow's bill.")
    page.get_by_role("button", name="Decide").click()
    expect(page.get_by_text("A colleague has to agree.")).to_be_visible()
    sign_in(page, web, "ada")
    page.goto(f"{web}/admin/reconciliation/difference/?left=yes")
    page.get_by_role("link", name="LOCAL_ONLY").click()
    page.get_by_role("button", name="I agree").click()
    run_due(now=clock.now())
    page.goto(f"{web}{BILLS}{Bill.objects.get(day_date=DAY).pk}/change/")
    expect(page.get_by_text("Fees and settlement are booked")).to_be_visible()


def test_a_wrong_file_is_refused_beside_the_field(
    page: Page, web: str, shop: Shop, moved_clock: MovedClock, tmp_path: Path
) -> None:
    file = a_day(shop, moved_clock, tmp_path)
    file.write_bytes(file.read_bytes()[:-20])
    sign_in(page, web, "ada")
    upload(page, web, file)
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed")


def test_a_run_is_cancelled_and_resumed(page: Page, web: str, shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    shop.bill(BillKind.PAYMENT, "A000000NOTOURS", 777, channel_trade_no="CHX1")
    morning_after(moved_clock)
    bill = shop.run()
    sign_in(page, web, "ada")
    page.goto(f"{web}{BILLS}{bill.pk}/change/")
    page.get_by_role("button", name="Run now").click()
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Cancelled.")).to_be_visible()
    assert run_due(now=clock.now()) == 0
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("Taken up within seconds.")).to_be_visible()
    assert run_due(now=clock.now()) == 1
    expect(page.get_by_text("1 difference is left to decide")).to_be_visible()  # the page finds out by itself


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_everybody_can_read_the_books(
    page: Page, web: str, shop: Shop, moved_clock: MovedClock, tmp_path: Path, language: str
) -> None:
    a_day(shop, moved_clock, tmp_path)
    shop.bill(BillKind.PAYMENT, "A000000NOTOURS", 777, channel_trade_no="CHX1")
    bill = shop.run()
    sign_in(page, web, "ada", language)
    first = Difference.objects.filter(bucket="AMOUNT").values_list("pk", flat=True)[0]
    addresses = (
        BILLS,
        f"{BILLS}{bill.pk}/change/",
        f"{BILLS}upload/",
        f"/admin/reconciliation/difference/{first}/change/",
        "/m/statements/?month=2026-05",
        f"/m/statements/{ACCOUNT}/CNY/2026-05/",
        f"/m/statements/{ACCOUNT}/CNY/2026-05/receipt/",
    )
    for address in addresses:
        page.goto(f"{web}{address}")
        expect_readable(page, ".books" if "/admin/" in page.url else "html", look_of(language))


def test_the_list_of_differences_opens_in_a_spreadsheet_without_running_anything(
    page: Page, web: str, shop: Shop, moved_clock: MovedClock
) -> None:
    shop.bill(BillKind.PAYMENT, "=HYPERLINK(1)", 777, channel_trade_no="CHX1")
    morning_after(moved_clock)
    shop.run()
    sign_in(page, web, "ada")
    answer = page.request.get(f"{web}/admin/reconciliation/difference/csv/?left=yes")
    assert "'=HYPERLINK(1)" in answer.text()
    assert "7.77" in answer.text()

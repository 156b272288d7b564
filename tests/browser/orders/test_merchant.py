"""A merchant's afternoon: a key, an endpoint, an order by the example program, its webhook, again, and a refund."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dev.state import ROOT
from dev.waiting import wait_until
from tests.browser.readable import faults_of
from tests.browser.stack import Stack
from tests.browser.test_main_job import choose_and_pay, pay_on_phone

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("stack")]
EXAMPLE = ROOT / "examples" / "merchant.py"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Path]:
    """Run the example merchant; give the file that it prints to."""
    said = folder / "said.txt"
    with said.open("w") as out:
        program = subprocess.Popen(
            [sys.executable, str(EXAMPLE), "128.00"], env={**os.environ, **environment}, stdout=out, stderr=out
        )
        try:
            yield said
        finally:
            program.terminate()
            program.wait(timeout=10)


def hears(said: Path, pattern: str, timeout_s: float = 30) -> re.Match[str]:
    """Wait until the example printed this."""
    assert wait_until(lambda: re.search(pattern, said.read_text()) is not None, timeout_s=timeout_s), said.read_text()
    found = re.search(pattern, said.read_text())
    assert found
    return found


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.read_text().splitlines()) <= 120


@pytest.mark.timeout(600)
def test_a_merchants_engineer_is_done_in_an_afternoon(page: Page, stack: Stack, tmp_path: Path) -> None:
    port = free_port()
    page.goto(f"{stack.web}/m/")
    page.locator("#id_username").fill("merchant")
    page.locator("#id_password").fill(stack.users["merchant"])
    page.locator("form button").click()

    page.get_by_role("link", name="For developers").click()
    page.get_by_role("link", name=re.compile("Lantern Books")).click()
    developers = page.url
    page.get_by_label("Name of the key").fill("Example")
    page.get_by_role("button", name="Make a key").click()
    key = page.locator("#secret").inner_text()
    assert key.startswith("sk_test_")

    page.get_by_label("Address (https)").fill(f"http://127.0.0.1:{port}/hook")
    page.get_by_role("button", name="Add an endpoint").click()
    secret = page.locator("#secret").inner_text()
    page.goto(developers)
    assert key not in page.content()
    assert secret not in page.content()
    for language in ("zh-hans", "en"):
        page.goto(f"{developers}?lang={language}")
        assert faults_of(page) == []
        if pictures := os.environ.get("PICTURES"):
            page.screenshot(path=f"{pictures}/developers-{language}.png", full_page=True)

    environment = {"PAYHUB_URL": stack.web, "PAYHUB_KEY": key, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    with running(tmp_path, **environment) as said:
        order_no = hears(said, r"order (O\w+)")[1]
        page.goto(hears(said, r"pay at (\S+)")[1])
        choose_and_pay(page)
        pay_on_phone(page)
        hears(said, "heard order.paid")
        hears(said, "the order is fulfilled")

        page.goto(developers)
        page.get_by_role("link", name=re.compile(f"127.0.0.1:{port}")).click()
        log = page.url
        page.get_by_role("row").filter(has_text="order.paid").get_by_role("link").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Received")
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_role("status")).to_contain_text("sent again")
        hears(said, "heard order.paid E\\w+ again")
        for language in ("zh-hans", "en"):
            for name, address in (("delivery", page.url.partition("?")[0]), ("webhook", log)):
                page.goto(f"{address}?lang={language}")
                assert faults_of(page) == []
                if pictures:
                    page.screenshot(path=f"{pictures}/{name}-{language}.png", full_page=True)
            page.go_back()

        page.goto(f"{stack.web}/m/orders/{order_no}/")
        page.get_by_text("Ask for a refund").click()
        page.get_by_label(re.compile("^Amount")).fill("28.00")
        page.get_by_role("button", name="Ask for this refund").click()
        expect(page.get_by_role("status")).to_contain_text("The refund is asked for")
        expect(page.get_by_role("region", name="Refunds")).to_contain_text("Awaiting approval")
        if pictures:
            page.screenshot(path=f"{pictures}/order-en.png", full_page=True)

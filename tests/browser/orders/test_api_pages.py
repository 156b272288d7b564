"""The API's description in a browser: drawn wholly, from our own files, with no word of complaint in the console."""

from __future__ import annotations

import os
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(("path", "operation"), [("docs", ".opblock"), ("redoc", "[id^='operation/']")])
def test_every_operation_is_drawn_and_the_console_is_silent(
    live_server: Any, page: Page, path: str, operation: str
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    described = page.request.get(f"{live_server.url}/api/schema/").json()["paths"]
    page.goto(f"{live_server.url}/api/{path}/")
    expect(page.locator(operation)).to_have_count(sum(map(len, described.values())), timeout=60_000)
    expect(page.get_by_text("/api/v1/statements").first).to_be_visible()
    if pictures := os.environ.get("PICTURES"):
        page.screenshot(path=f"{pictures}/api-{path}.png")
    assert not complaints

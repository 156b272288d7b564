"""A real Chromium that talks to this machine only, and payhub's real processes: web, worker, beat, sandbox."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Playwright's sync API keeps an event loop in the test's thread, which Django would take for asynchronous code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import pytest
from playwright.sync_api import Page, Route, expect

from dev.browser import find
from tests.browser.stack import Stack

expect.set_options(timeout=15_000)  # a machine that is busy with other tests draws a page in seconds, too


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Start the machine's own Chromium."""
    return {
        **browser_type_launch_args,
        "executable_path": find(),
        "args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"],
        "ignore_default_args": ["--disable-back-forward-cache"],  # the shopper's browser has one
    }


@pytest.fixture(autouse=True)
def _nothing_outside(page: Page) -> Iterator[None]:
    """Fail a test whose page asks any other machine for anything."""
    outside: list[str] = []

    def guard(route: Route) -> None:
        if route.request.url.split("/")[2].split(":")[0] in {"localhost", "127.0.0.1"}:
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    page.context.route("**/*", guard)
    yield
    assert not outside


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """payhub's real processes, once for all tests that need them (one xdist group)."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with Stack.started(folder) as it:
        yield it

"""The page is light, and there before its script is."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Response, Route, expect

from tests.browser.counter.conftest import Scene
from tests.browser.counter.states import waiting_qr

pytestmark = pytest.mark.browser

KB = 1024


def loaded(page: Page) -> dict[str, int]:
    """Collect what the page loads: bytes by kind of file, not compressed."""
    bytes_by_kind: dict[str, int] = {}

    def note(response: Response) -> None:
        kind = response.request.resource_type
        bytes_by_kind[kind] = bytes_by_kind.get(kind, 0) + len(response.body())

    page.on("requestfinished", lambda request: note(response) if (response := request.response()) else None)
    return bytes_by_kind


@pytest.mark.parametrize("with_code", [False, True])
def test_the_first_load_is_60_kb_at_most(scene: Scene, *, with_code: bool) -> None:
    if with_code:
        waiting_qr(scene)
    sizes = loaded(scene.page)
    scene.page.goto(scene.url, wait_until="networkidle")
    assert sum(sizes.values()) <= 60 * KB, sizes
    assert 0 < sizes["stylesheet"] <= 25 * KB, sizes
    assert 0 < sizes["script"] <= 12 * KB, sizes


def test_the_page_is_drawn_while_its_script_is_still_on_the_way(scene: Scene) -> None:
    page = scene.page
    unanswered: list[Route] = []
    page.route("**/*.js", lambda route: unanswered.append(route))  # noqa: PLW0108 - Playwright marks its handler
    page.goto(scene.url, wait_until="commit")
    expect(page.get_by_role("button", name="Pay ¥128.00")).to_be_visible()
    assert page.screenshot(), "a frame is asked for: a browser without a window draws when it has time"
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length > 0", polling=100)
    assert unanswered, "the script was there already"
    for route in unanswered:
        route.abort()

"""What axe holds against a page: one set of rules for every page that people read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
_AXE = Axe()
Look = tuple[Literal["light", "dark"], int]
ON_A_DESK: Look = ("light", 1280)
ON_A_PHONE: Look = ("dark", 360)
_NORM = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def faults_of(page: Page, within: str = "html", *, by_the_norm_only: bool = False) -> list[str]:
    """Return what axe holds against the page, or against a part of it; or its grave faults against the norm only."""
    rules = _NORM if by_the_norm_only else [*_NORM, "best-practice"]
    # The nodes that passed are many, and nobody reads them.
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": rules}}
    found = _AXE.run(page, context=within, options=options).response["violations"]
    return [
        f"{fault['id']} ({fault['impact']}): {json.dumps([node['html'][:200] for node in fault['nodes']])}"
        for fault in found
        if not by_the_norm_only or fault["impact"] in {"serious", "critical"}
    ]


def look_of(language: str) -> list[Look]:
    """Return how a page is looked at in a language, where it is looked at in both: English on a desk, Chinese on a phone."""
    return [ON_A_DESK if language.startswith("en") else ON_A_PHONE]


def expect_readable(page: Page, within: str = "html", looks: Sequence[Look] = (ON_A_DESK, ON_A_PHONE)) -> None:
    """Nothing that axe finds and nothing that sticks out: light on a desk, and dark on a phone."""
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        found = faults_of(page, within)
        assert found == [], (page.url, scheme, width, found)
        assert page.evaluate(SIDEWAYS) <= 0, (page.url, width)
    page.emulate_media(color_scheme="light")

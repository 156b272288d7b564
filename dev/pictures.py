"""The picture of the README, taken from the running demo: `make demo` in one terminal, `make pictures` in another.

python -m dev.pictures            PORT (8000) chooses another demo
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from playwright.sync_api import Error, Page, ViewportSize, sync_playwright

from dev import browser, state
from dev.trouble import Trouble, run_as_program

_FOLDER = state.ROOT / "docs" / "pictures"
_SIZE = ViewportSize(width=1080, height=760)


def main(_arguments: Sequence[str]) -> int:
    """Order, choose a method, and take the counter's picture; return 0. Raises Trouble."""
    program = browser.find()
    if program is None:
        raise Trouble("the pictures need Chromium: `make test` installs it, or set CHROMIUM to its path.")
    shop = f"http://127.0.0.1:{os.environ.get('PORT') or 8000}/shop/"
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport=_SIZE, locale="en-GB")
        try:
            page.goto(shop)
        except Error as error:
            raise Trouble(f"nothing answers at {shop}: start the demo first with `make demo`.") from error
        _take(page)
        chromium.close()
    print(f"The picture is in {_FOLDER.relative_to(state.ROOT)}/.")
    return 0


def _take(page: Page) -> None:
    page.get_by_role("article").filter(has_text="A novel in two volumes").get_by_role("button", name="Order").click()
    page.get_by_label("Scan a code with WeChat").check()
    page.get_by_role("button", name=re.compile("^Pay ")).click()
    page.get_by_role("img", name=re.compile("Payment code")).wait_for()
    page.screenshot(path=_FOLDER / "counter.png", full_page=True)


if __name__ == "__main__":
    run_as_program(main)

"""Pictures of every state and page, in two languages, on a desk and on a phone: `make screenshots`.

Not a test, although pytest runs it: states are brought about by the same hands as in the tests.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page

from cashier.channels import registry
from cashier.channels.base import Method
from cashier.models import ChannelAccount
from cashier.services import channel_calls
from cashier.web.page_state import Name
from dev.state import ROOT
from orders.shop.goods import SHOP_MERCHANT
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.vault import seal
from tests.browser.counter.conftest import Scene, scene  # noqa: F401 - pytest finds the fixture here
from tests.browser.counter.states import MAKERS, closing
from tests.browser.orders.pages import PAGES, Storefront
from tests.conftest import MovedClock
from tests.played.channel import METHODS, Books, PlayedChannel

FOLDER = ROOT / "screenshots"
IN_THE_README = {
    "waiting_qr-en-desk": "counter",
    "unknown-en-phone": "unknown",
    "before_paying_again-zh-phone": "again",
    "duplicate_refunding-en-phone": "twice",
}
ANDROID = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36"
DEVICES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 800}},
    "phone": {
        "viewport": {"width": 390, "height": 780},
        "device_scale_factor": 2,
        "user_agent": ANDROID,
        "is_mobile": True,
        "has_touch": True,
    },
}
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
DARK = {Name.READY, Name.WAITING_QR, Name.UNKNOWN, Name.SUCCEEDED, Name.DUPLICATE_REFUNDING}


def named(code: str, like: str) -> Method:
    """A played method under a real one's name."""
    return replace(METHODS[like], code=code)


REAL = {
    "wechat": {"native": named("native", "qr"), "jsapi": named("jsapi", "inapp")},
    "alipay": {"precreate": named("precreate", "qr"), "page": named("page", "page")},
    "unionpay": {"gateway": named("gateway", "bank")},
    "stripe": {"checkout": named("checkout", "page")},
}


class RealNames(PlayedChannel):
    """A played channel with the names that shoppers know."""

    def __init__(self, books: Books, code: str, wiring: Any) -> None:
        super().__init__(books, code, code[0].upper(), wiring)
        self.methods = REAL[code]


@pytest.fixture
def merchant(db: None) -> Merchant:
    """The demo's shop."""
    return Merchant.objects.create(
        code=SHOP_MERCHANT,
        name="Lantern Books 灯笼书店",
        is_test=True,
        auto_refund_limit_minor=50_000,
        help_email="help@lantern-books.example",
        help_phone="+86 571 5555 0100",
        created_at=clock.now(),
    )


def _account(merchant: Merchant, channel: str, books: Books, monkeypatch: pytest.MonkeyPatch) -> ChannelAccount:
    monkeypatch.setitem(registry.CHANNELS, channel, partial(RealNames, books, channel))
    channel_calls.forget_opened()
    return ChannelAccount.objects.create(
        code=f"{merchant.code}-{channel}",
        merchant=merchant,
        channel=channel,
        methods=list(REAL[channel]),
        sealed_settings=seal({}),
        is_test=True,
        created_at=clock.now(),
    )


@pytest.fixture
def alpha_account(merchant: Merchant, alpha: Books, monkeypatch: pytest.MonkeyPatch) -> ChannelAccount:
    """What the states call alpha is WeChat Pay here."""
    return _account(merchant, "wechat", alpha, monkeypatch)


@pytest.fixture
def beta_account(
    merchant: Merchant, alpha_account: ChannelAccount, beta: Books, monkeypatch: pytest.MonkeyPatch
) -> ChannelAccount:
    """What they call beta is Alipay."""
    return _account(merchant, "alipay", beta, monkeypatch)


@pytest.fixture
def stage(scene: Scene, alpha: Books, beta_account: ChannelAccount, monkeypatch: pytest.MonkeyPatch) -> Scene:  # noqa: F811
    """The scene, with all four channels."""
    for channel in ("unionpay", "stripe"):
        scene.accounts[channel] = _account(scene.payment.merchant, channel, alpha, monkeypatch)
    scene.methods = {
        "alpha.qr": ("alpha", "native"),
        "alpha.inapp": ("alpha", "jsapi"),
        "alpha.bank": ("unionpay", "gateway"),
        "beta.qr": ("beta", "precreate"),
    }
    return scene


def take(page: Page, name: str) -> None:
    """Take one picture; the README's go into docs/img as well."""
    FOLDER.mkdir(exist_ok=True)
    picture = FOLDER / f"{name}.png"
    page.screenshot(path=picture, full_page=True)
    if name in IN_THE_README and os.environ.get("README") == "1":
        shutil.copy(picture, ROOT / "docs" / "img" / f"{IN_THE_README[name]}.png")


def take_all(browser: Browser, name: str, address: str, *, dark: bool = False) -> None:
    """Take an address in both languages on both devices."""
    for language, locale in LANGUAGES.items():
        for device, settings in DEVICES.items():
            schemes = ("light", "dark") if dark else ("light",)
            for scheme in schemes:
                context = browser.new_context(locale=locale, color_scheme=scheme, **settings)  # type: ignore[arg-type]
                page = context.new_page()
                page.route("**/go.js", lambda route: route.abort())
                page.goto(address)
                take(page, f"{name}-{language}-{device}" + ("-dark" if scheme == "dark" else ""))
                context.close()


@pytest.mark.parametrize("name", MAKERS)
def test_state(stage: Scene, browser: Browser, name: Name) -> None:
    """A state of the counter's page."""
    MAKERS[name](stage)
    take_all(browser, str(name), stage.url, dark=name in DARK)
    if name == Name.SUCCEEDED:
        page = browser.new_page(locale="en-GB", viewport={"width": 794, "height": 1123})
        page.goto(stage.url)
        page.emulate_media(media="print")
        take(page, "succeeded-en-print")
        page.close()


def test_already_paid(stage: Scene, browser: Browser) -> None:
    """The page after a second payment was stopped: its words are told once, to the browser that clicked."""
    for language, locale in LANGUAGES.items():
        for device, settings in DEVICES.items():
            payment = stage.payment = stage.new_payment(merchant_order_no=f"88{len(language)}{device}{language}")
            context = browser.new_context(locale=locale, **settings)
            page = context.new_page()
            page.goto(f"{stage.server}/c/{payment.token}/")
            MAKERS[Name.SUCCEEDED](stage)
            page.locator("form.pay button").click()
            page.locator("[data-state=already_paid]").wait_for()
            take(page, f"already_paid-{language}-{device}")
            context.close()


def test_pages_around(stage: Scene, browser: Browser) -> None:
    """The pages beside the states."""
    take_all(browser, "not_found", f"{stage.server}/c/{'x' * 32}/")
    closing(stage)
    take_all(browser, "before_paying_again", f"{stage.url}again", dark=True)


@pytest.mark.parametrize("name", PAGES)
def test_shop(stage: Scene, browser: Browser, settings: Any, moved_clock: MovedClock, alpha: Books, name: str) -> None:
    """A page of the shop."""
    settings.PAYHUB_SANDBOX_URL = "http://127.0.0.1:1"
    settings.OUTBOX_CONSUMERS = {"orders": "orders.consumers.orders"}
    account = stage.accounts["alpha"]
    shop = Storefront(web=stage.server, books=alpha, account=account, method="native", clock=moved_clock)
    for language, locale in LANGUAGES.items():
        for device, looks in DEVICES.items():
            cache.clear()
            context = browser.new_context(locale=locale, **looks)
            page = context.new_page()
            PAGES[name](page, shop)
            take(page, f"{name}-{language}-{device}")
            page.goto("about:blank")
            context.close()


def test_the_folder_is_ignored() -> None:
    """Pictures are not committed."""
    assert f"/{FOLDER.name}/" in (Path(ROOT) / ".gitignore").read_text().splitlines()

"""Every page of the shop, reached as a shopper reaches it: by clicks, with a script or without."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from cashier.models import ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.models import Order
from payhub import clock
from payhub.outbox.deliver import deliver_due
from tests.conftest import MovedClock
from tests.played.channel import Books

AT_THE_COUNTER = re.compile("/c/")


@dataclass(frozen=True, kw_only=True)
class Storefront:
    """The shop, and the channel by which its orders are paid."""

    web: str
    books: Books
    account: ChannelAccount
    method: str
    clock: MovedClock

    def pay(self) -> None:
        """The last order is paid, and the shop hears of it."""
        choice = Choice(account_id=self.account.pk, method=self.method)
        attempt = pay(payment_id=Payment.objects.latest("pk").pk, choice=choice, now=clock.now())
        self.books.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)
        deliver_due(now=clock.now())


def shelf(page: Page, shop: Storefront) -> None:
    """The goods."""
    page.goto(f"{shop.web}/shop/")


def cart(page: Page, shop: Storefront) -> None:
    """Two goods put aside."""
    for good in (1, 2):
        shelf(page, shop)
        page.get_by_role("article").nth(good).locator("[formaction]").click()
        page.wait_for_url("**/shop/cart/")


def empty_cart(page: Page, shop: Storefront) -> None:
    """Nothing put aside yet."""
    page.goto(f"{shop.web}/shop/cart/")


def sign_in(page: Page, shop: Storefront) -> None:
    """The page to sign in."""
    page.goto(f"{shop.web}/shop/sign-in/")


def order_novel(page: Page, shop: Storefront) -> None:
    """Order one good; whoever did is at the counter."""
    shelf(page, shop)
    page.get_by_role("article").nth(2).locator("button.primary").click()
    page.wait_for_load_state()


def waiting_order(page: Page, shop: Storefront) -> None:
    """An order that awaits its payment."""
    order_novel(page, shop)
    expect(page).to_have_url(AT_THE_COUNTER)
    page.goto(f"{shop.web}/shop/orders/{Order.objects.latest('pk').token}/")


def paid_order(page: Page, shop: Storefront) -> None:
    """A paid order."""
    waiting_order(page, shop)
    page.goto("about:blank")
    shop.pay()
    page.goto(f"{shop.web}/shop/orders/{Order.objects.latest('pk').token}/")


def your_orders(page: Page, shop: Storefront) -> None:
    """A paid order and one that awaits its payment."""
    paid_order(page, shop)
    cart(page, shop)
    page.locator("form.cart button.primary").click()
    expect(page).to_have_url(AT_THE_COUNTER)
    page.goto(f"{shop.web}/shop/orders/")


def blocked_similar_paid(page: Page, shop: Storefront) -> None:
    """The same goods again; the earlier order is paid."""
    paid_order(page, shop)
    shop.clock.forward(minutes=5)
    order_novel(page, shop)


def blocked_similar_unpaid(page: Page, shop: Storefront) -> None:
    """The same goods again; the earlier order's payment is not settled."""
    waiting_order(page, shop)
    shop.clock.forward(minutes=5)
    order_novel(page, shop)


def nothing_ordered(page: Page, shop: Storefront) -> None:
    """A cart whose goods were all taken out."""
    cart(page, shop)
    for quantity in page.locator("form.cart input[name=quantity]").all():
        quantity.fill("0")
    page.locator("form.cart button.primary").click()
    page.wait_for_load_state()


def tour(page: Page, shop: Storefront) -> None:
    """The demo's tour."""
    page.goto(f"{shop.web}/demo/tour/")


PAGES: dict[str, Callable[[Page, Storefront], None]] = {
    go.__name__: go
    for go in (
        shelf, cart, empty_cart, sign_in, waiting_order, paid_order, your_orders, blocked_similar_paid,
        blocked_similar_unpaid, nothing_ordered, tour,
    )
}  # fmt: skip

"""The cart, the list of orders, signing in, help; and the tour that only the demo has."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cashier.models import Payment
from orders.models import Order
from orders.shop.goods import SHOP_MERCHANT
from orders.tour.rows import ROWS
from payhub import clock
from payhub.merchants.models import Merchant
from tests.conftest import MovedClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
PASSWORD = "a long enough one"


@pytest.fixture
def merchant(db: None, moved_clock: MovedClock) -> Merchant:
    """The merchant whose shop it is."""
    return Merchant.objects.create(code=SHOP_MERCHANT, name="Lantern Books", is_test=True, created_at=clock.now())


@pytest.fixture
def shopper(merchant: Merchant) -> Client:
    """A shopper's browser that has opened the shop."""
    shopper = Client()
    shopper.get("/shop/")
    return shopper


def page(shopper: Client, path: str) -> str:
    return shopper.get(path).content.decode()


def put(shopper: Client, sku: str, quantity: str = "1") -> None:
    assert shopper.post("/shop/cart/add", {"sku": sku, "quantity": quantity}).status_code == 303


def test_what_is_put_aside_is_ordered_together(shopper: Client) -> None:
    put(shopper, "novel")
    put(shopper, "notebook", "2")
    put(shopper, "notebook")
    cart = page(shopper, "/shop/cart/")
    assert "¥157.70" in cart
    form = {"sku": ["novel", "notebook"], "quantity": ["1", "3"], "from_cart": "1"}
    first = shopper.post("/shop/orders/", form)
    assert (first.status_code, Order.objects.get().amount_minor) == (303, 15_770)
    assert "nothing in your cart" in page(shopper, "/shop/cart/")
    assert shopper.post("/shop/orders/", form)["Location"] == first["Location"]  # a second click, the cart being empty
    assert Order.objects.count() == 1


def test_quantities_are_changed_and_goods_taken_out(shopper: Client) -> None:
    put(shopper, "novel")
    put(shopper, "bookmark")
    shopper.post("/shop/cart/", {"sku": ["novel", "bookmark"], "quantity": ["0", "99"]})
    cart = page(shopper, "/shop/cart/")
    assert "¥0.99" in cart
    assert "¥128.00" not in cart
    put(shopper, "bookmark", "50")
    assert "¥0.99" in page(shopper, "/shop/cart/")  # 99 is the most that one may order


@pytest.mark.parametrize("quantity", ["-1", "1.5", "100", "x", ""])
def test_one_wrong_quantity_orders_nothing_of_the_cart(shopper: Client, quantity: str) -> None:
    answer = shopper.post("/shop/orders/", {"sku": ["novel", "notebook"], "quantity": ["1", quantity]})
    assert answer.status_code == 400
    assert not Order.objects.exists()


def test_a_cart_that_we_did_not_sign_is_empty(shopper: Client) -> None:
    shopper.cookies["cart"] = '{"novel": 1}:1:forged'
    assert "nothing in your cart" in page(shopper, "/shop/cart/")


def test_a_shopper_sees_their_orders_and_nobody_elses(shopper: Client) -> None:
    shopper.post("/shop/orders/", {"sku": "novel", "quantity": "1"})
    number = Order.objects.get().order_no
    assert number in page(shopper, "/shop/orders/")
    other = Client()
    other.get("/shop/")
    assert number not in page(other, "/shop/orders/")


def test_who_signs_in_finds_their_orders_on_another_device(shopper: Client) -> None:
    User.objects.create_user("buyer", password=PASSWORD)
    devices = [shopper, Client()]
    for device in devices:
        answer = device.post("/shop/sign-in/", {"username": "buyer", "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/shop/")
    devices[0].post("/shop/orders/", {"sku": "novel", "quantity": "1"})
    number = Order.objects.get().order_no
    assert number in page(devices[1], "/shop/orders/")
    devices[1].post("/shop/sign-out/")
    assert number not in page(devices[1], "/shop/orders/")


def test_a_wrong_password_is_told_in_words(shopper: Client) -> None:
    answer = shopper.post("/shop/sign-in/", {"username": "buyer", "password": "no"})
    assert "do not fit together" in answer.content.decode()


def test_the_order_leads_to_help_with_its_payment(shopper: Client) -> None:
    shopper.post("/shop/orders/", {"sku": "novel", "quantity": "1"})
    order = page(shopper, f"/shop/orders/{Order.objects.get().token}/")
    assert f'/c/{Payment.objects.get().token}/help">Report a problem' in order


def test_cookies_of_the_shop_belong_to_its_host_in_production(shopper: Client, settings: Any) -> None:
    settings.COOKIE_PREFIX, settings.SESSION_COOKIE_SECURE = "__Host-", True
    answer = shopper.post("/shop/cart/add", {"sku": "novel", "quantity": "1"}, secure=True)
    cookie = answer.cookies["__Host-cart"]
    assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
    assert "__Host-shopper" in Client().get("/shop/", secure=True).cookies


def test_outside_the_demo_there_is_no_tour(shopper: Client, settings: Any) -> None:
    for demo, sandbox in ((False, "http://127.0.0.1:1"), (True, "")):
        settings.PAYHUB_DEMO, settings.PAYHUB_SANDBOX_URL = demo, sandbox
        assert shopper.get("/demo/tour/").status_code == 404
        assert shopper.post("/demo/tour/double-click/start").status_code == 404
    assert not Order.objects.exists()


def test_the_tour_lists_ten_ways_and_says_when_the_sandbox_is_away(shopper: Client, settings: Any) -> None:
    settings.PAYHUB_SANDBOX_URL = "http://127.0.0.1:1"
    tour = page(shopper, "/demo/tour/")
    assert len(ROWS) == 10
    assert all(f"/demo/tour/{row.slug}/start" in tour for row in ROWS)
    answer = shopper.post("/demo/tour/double-click/start")
    assert answer.status_code == 503
    assert "The sandbox does not answer" in answer.content.decode()
    assert not Order.objects.exists()

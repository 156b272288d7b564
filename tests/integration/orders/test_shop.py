"""The demo shop: one order a click, prices of ours, and an order page that says what is so."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from cashier.models import Attempt, Payment
from cashier.public import find_payment
from orders import errors
from orders.errors import OrdersError
from orders.models import Order
from orders.shop.goods import SHELF, SHOP_MERCHANT
from orders.shop.words import words_for
from orders.states import OrderState
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.outbox.deliver import deliver_due
from tests.conftest import MovedClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.fixture
def merchant(db: None, moved_clock: MovedClock) -> Merchant:
    """The merchant whose shop it is."""
    return Merchant.objects.create(
        code=SHOP_MERCHANT, name="Lantern Books 灯笼书店", is_test=True, created_at=clock.now()
    )


@pytest.fixture
def shopper(merchant: Merchant) -> Client:
    """A shopper's browser that has opened the shop."""
    shopper = Client()
    shopper.get("/shop/")
    return shopper


def place(shopper: Client, **posted: str) -> str:
    answer = shopper.post("/shop/orders/", {"sku": "novel", "quantity": "1", **posted})
    assert answer.status_code == 303
    return str(answer["Location"])


def test_the_shelf_shows_every_good_with_its_price(shopper: Client) -> None:
    page = shopper.get("/shop/").content.decode()
    for price in ("¥0.01", "¥9.90", "¥128.00", "¥1,000.00"):
        assert price in page
    assert page.count("data-submit-once") == len(SHELF)


def test_ordering_leads_to_the_payment_page_and_back_to_the_order(shopper: Client) -> None:
    address = place(shopper)
    payment, order = Payment.objects.get(), Order.objects.get()
    assert address.endswith(f"/c/{payment.token}/")
    assert payment.return_url.endswith(f"/shop/orders/{order.token}/")
    page = shopper.get(f"/shop/orders/{order.token}/").content.decode()
    assert "Your order is waiting for payment" in page
    assert order.order_no in page


def test_a_second_click_is_the_same_order(shopper: Client) -> None:
    assert place(shopper) == place(shopper)
    assert Order.objects.count() == 1


def test_two_shoppers_who_order_the_same_get_an_order_each(shopper: Client) -> None:
    other = Client()
    other.get("/shop/")
    assert place(shopper) != place(other)


def test_no_field_of_the_browser_decides_the_price(shopper: Client) -> None:
    place(shopper, amount="1", amount_minor="1", unit_minor="1", price="0.01", currency="JPY", state="PAID")
    order = Order.objects.get()
    assert (order.amount_minor, order.currency, order.state) == (12_800, "CNY", "AWAITING_PAYMENT")


@pytest.mark.parametrize("quantity", ["0", "-1", "1.5", "100", "1e3", "٣", "", " 1", "99999999999"])
def test_a_quantity_that_is_none_orders_nothing_and_says_so(shopper: Client, quantity: str) -> None:
    answer = shopper.post("/shop/orders/", {"sku": "novel", "quantity": quantity})
    assert answer.status_code == 400
    assert "Nothing was ordered" in answer.content.decode()
    assert not Order.objects.exists()


def test_a_form_of_another_site_orders_nothing(merchant: Merchant) -> None:
    shopper = Client(enforce_csrf_checks=True)
    shopper.get("/shop/")
    assert shopper.post("/shop/orders/", {"sku": "novel"}).status_code == 403
    assert not Order.objects.exists()


def test_a_cookie_that_we_did_not_sign_is_nobodys(shopper: Client) -> None:
    shopper.cookies["shopper"] = "somebody-else:1:forged"
    place(shopper)
    assert "somebody" not in Order.objects.get().buyer


def test_looking_changes_nothing(shopper: Client) -> None:
    place(shopper)
    order = Order.objects.get()
    Payment.objects.filter(pk=0)
    before = (Order.objects.values().get(), Payment.objects.values().get())
    for path in ("", "status"):
        assert shopper.get(f"/shop/orders/{order.token}/{path}?state=PAID&paid=true").status_code == 200
    assert shopper.get("/shop/orders/?sku=novel&quantity=1").status_code == 200
    assert shopper.get(f"/shop/orders/{order.token}/pay").status_code == 405
    assert before == (Order.objects.values().get(), Payment.objects.values().get())


def test_the_pay_button_leads_to_the_one_payment(shopper: Client) -> None:
    address = place(shopper)
    again = shopper.post(f"/shop/orders/{Order.objects.get().token}/pay")
    assert (again.status_code, again["Location"]) == (303, address)
    assert Payment.objects.count() == 1


def test_the_page_says_paid_when_the_order_is(shopper: Client, collect_money: Callable[[Order], Attempt]) -> None:
    place(shopper)
    order = Order.objects.get()
    version = shopper.get(f"/shop/orders/{order.token}/status").json()["version"]
    collect_money(order)
    arrived = shopper.get(f"/shop/orders/{order.token}/").content.decode()
    assert "Your payment has arrived" in arrived  # paid, and the shop has not been told yet
    assert "Pay ¥" not in arrived
    deliver_due(now=clock.now())
    paid = shopper.get(f"/shop/orders/{order.token}/").content.decode()
    assert "Your order is paid" in paid
    assert shopper.get(f"/shop/orders/{order.token}/status").json()["version"] != version


def test_ordering_the_same_again_leads_to_the_earlier_order(shopper: Client, moved_clock: MovedClock) -> None:
    place(shopper)
    moved_clock.forward(minutes=1)
    answer = shopper.post("/shop/orders/", {"sku": "novel", "quantity": "1"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "pay or cancel it there" in page
    for fact in (Order.objects.get().order_no, "¥128.00", "Awaiting payment", "2026-05-04 11:02"):
        assert fact in page
    assert f"/shop/orders/{Order.objects.get().token}/" in page
    assert "Buy it again" not in page


def test_a_paid_order_may_be_bought_again_when_the_shopper_says_so(
    shopper: Client, moved_clock: MovedClock, collect_money: Callable[[Order], Attempt]
) -> None:
    place(shopper)
    order = Order.objects.get()
    collect_money(order)
    deliver_due(now=clock.now())
    moved_clock.forward(minutes=1)
    asked = shopper.post("/shop/orders/", {"sku": "novel", "quantity": "1"})
    assert "Buy it again" in asked.content.decode()
    place(shopper, again_after=order.order_no)
    assert Order.objects.count() == 2


def test_an_unpaid_order_can_be_cancelled_by_its_shopper(shopper: Client) -> None:
    place(shopper)
    token = Order.objects.get().token
    assert shopper.get(f"/shop/orders/{token}/cancel").status_code == 405
    answer = shopper.post(f"/shop/orders/{token}/cancel", follow=True)
    assert "Your order was cancelled" in answer.content.decode()
    assert Order.objects.get().state == "CANCELLED"


@pytest.mark.parametrize("token", ["nope", "0" * 32])
def test_an_address_that_nobody_was_given_shows_nothing(merchant: Merchant, token: str) -> None:
    for path in ("", "status"):
        assert Client().get(f"/shop/orders/{token}/{path}").status_code == 404
    assert Client().post(f"/shop/orders/{token}/pay").status_code == 404


def test_pages_are_stored_by_nobody_and_run_no_script_of_others(shopper: Client) -> None:
    place(shopper)
    answer = shopper.get(f"/shop/orders/{Order.objects.get().token}/")
    assert "no-store" in answer["Cache-Control"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    page = answer.content.decode()
    assert not re.search(r"<script(?! src=)|<style|\son\w+=|\sstyle=", page)


def test_there_are_words_for_every_state(shopper: Client) -> None:
    place(shopper)
    order = Order.objects.get()
    payment = find_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no)
    headings = set()
    for state in OrderState:
        order.__dict__["state"] = state
        headings.add(str(words_for(order, payment).heading))
    assert len(headings) == len(OrderState)


def test_every_refusal_is_said_in_the_readers_language() -> None:
    refusals = [error for error in vars(errors).values() if isinstance(error, type) and issubclass(error, OrdersError)]
    for refusal in refusals:
        english = str(refusal())
        with translation.override("zh-hans"):
            assert str(refusal()) != english

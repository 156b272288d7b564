"""The portal: a merchant's people see their orders, all of them, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cashier.models import Attempt
from orders.models import Order
from orders.portal import views
from orders.services.submit import Draft, submit
from payhub import clock
from payhub.merchants.models import Membership, Merchant
from payhub.outbox.deliver import deliver_due
from payhub.sign_in import TRIES_BY_NAME

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


def member_of(merchant: Merchant, name: str) -> Client:
    user = User.objects.create_user(name, password="a long enough one")
    Membership.objects.create(user=user, merchant=merchant)
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def member(merchant: Merchant) -> Client:
    return member_of(merchant, "member")


@pytest.fixture
def stranger(db: None) -> Client:
    other = Merchant.objects.create(code="other", name="Other", created_at=clock.now())
    return member_of(other, "stranger")


@pytest.fixture
def order(draft: Draft) -> Order:
    return submit(draft=draft, now=clock.now()).order


def test_whoever_is_not_signed_in_is_asked_to(order: Order) -> None:
    for path in ("/m/", f"/m/orders/{order.order_no}/"):
        answer = Client().get(path)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/login/?next=/m/")


def test_signing_in_leads_to_the_orders_and_signing_out_away(merchant: Merchant, order: Order) -> None:
    member_of(merchant, "member")
    browser = Client()
    wrong = browser.post("/login/", {"username": "member", "password": "wrong"})
    assert "do not fit together" in wrong.content.decode()
    right = browser.post("/login/", {"username": "member", "password": "a long enough one"})
    assert right["Location"] == "/m/"
    assert order.order_no in browser.get("/m/").content.decode()
    assert browser.get("/logout/").status_code == 405
    browser.post("/logout/")
    assert browser.get("/m/").status_code == 302


@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
def test_guessing_passwords_is_slowed_down_and_locks_nobody_out(merchant: Merchant, door: str) -> None:
    User.objects.create_superuser("member", password="a long enough one")
    right = {"username": "member", "password": "a long enough one"}
    for _ in range(TRIES_BY_NAME):
        Client().post(door, {**right, "password": "wrong"})
    assert "Too many tries" in Client().post(door, right).content.decode()
    cache.clear()  # as a minute later
    assert Client().post(door, right).status_code == 302


def test_no_login_leads_to_another_site(merchant: Merchant) -> None:
    member_of(merchant, "member")
    posted = {"username": "member", "password": "a long enough one", "next": "https://evil.example/"}
    assert Client().post("/login/", posted)["Location"] == "/m/"


def test_another_merchants_order_is_as_unknown_as_none(order: Order, stranger: Client) -> None:
    assert order.order_no not in stranger.get("/m/").content.decode()
    assert order.order_no not in stranger.get("/m/", {"number": order.order_no}).content.decode().replace(
        f'value="{order.order_no}"', ""
    )
    answers = [stranger.get(f"/m/orders/{number}/") for number in (order.order_no, "O0")]
    assert [answer.status_code for answer in answers] == [404, 404]
    for action in ("fulfil", "cancel"):
        assert stranger.post(f"/m/orders/{order.order_no}/{action}").status_code == 404
    assert Order.objects.get().state == "AWAITING_PAYMENT"


def test_the_order_page_shows_attempts_and_the_whole_story(
    order: Order, member: Client, collect_money: Callable[[Order], Attempt]
) -> None:
    attempt = collect_money(order)
    deliver_due(now=clock.now())
    page = member.get(f"/m/orders/{order.order_no}/").content.decode()
    for said in (attempt.attempt_no, attempt.channel_trade_no, "Order placed", "Money received", "Order paid", "Paid"):
        assert said in page


def test_a_paid_order_can_be_marked_as_sent(
    order: Order, member: Client, collect_money: Callable[[Order], Attempt]
) -> None:
    refused = member.post(f"/m/orders/{order.order_no}/fulfil", follow=True)
    assert "Only a paid order can be sent" in refused.content.decode()
    collect_money(order)
    deliver_due(now=clock.now())
    member.post(f"/m/orders/{order.order_no}/fulfil")
    assert Order.objects.get().state == "FULFILLED"
    assert "merchant member" in member.get(f"/m/orders/{order.order_no}/").content.decode()


def test_an_unpaid_order_can_be_cancelled_and_a_paid_one_not(
    order: Order, draft: Draft, member: Client, collect_money: Callable[[Order], Attempt]
) -> None:
    assert "is being cancelled" in member.post(f"/m/orders/{order.order_no}/cancel", follow=True).content.decode()
    assert Order.objects.get().state == "CANCELLED"
    paid = submit(draft=replace(draft, buyer="somebody else"), now=clock.now()).order
    collect_money(paid)
    refused = member.post(f"/m/orders/{paid.order_no}/cancel", follow=True).content.decode()
    assert "was paid before it could be cancelled" in refused
    assert Order.objects.get(pk=paid.pk).state == "PAID"


def test_pages_of_orders_neither_skip_nor_repeat_when_new_ones_come(
    draft: Draft, member: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "PAGE_SIZE", 2)

    def place(buyer: str) -> str:
        return submit(draft=replace(draft, buyer=buyer), now=clock.now()).order.order_no

    placed = [place(f"buyer-{number}") for number in range(5)]
    first = member.get("/m/")
    assert [row.order.order_no for row in first.context["orders"]] == placed[:-3:-1]
    place("a newer one")
    second = member.get("/m/", {"before": first.context["go_on"]})
    assert [row.order.order_no for row in second.context["orders"]] == placed[-3:-5:-1]
    last = member.get("/m/", {"before": second.context["go_on"]})
    assert [row.order.order_no for row in last.context["orders"]] == placed[:1]
    assert last.context["go_on"] == ""


def test_an_order_is_found_by_its_number_its_payments_and_its_state(
    draft: Draft, order: Order, member: Client, collect_money: Callable[[Order], Attempt]
) -> None:
    other = submit(draft=replace(draft, buyer="somebody else"), now=clock.now()).order
    collect_money(order)
    deliver_due(now=clock.now())

    def found(**asked: str) -> list[str]:
        return [one.order.order_no for one in member.get("/m/", asked).context["orders"]]

    assert found(number=order.order_no) == [order.order_no]
    assert found(number=order.order_no.lower()) == [order.order_no]
    assert found(number=Order.objects.get(pk=order.pk).payment_no) == [order.order_no]
    assert found(state="PAID") == [order.order_no]
    assert found(state="AWAITING_PAYMENT") == [other.order_no]
    assert found(number="nonsense") == []


def test_a_longer_list_asks_the_database_no_more_often(draft: Draft, member: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            member.get("/m/")
        return len(asked)

    submit(draft=draft, now=clock.now())
    with_one = queries()
    for number in range(5):
        submit(draft=replace(draft, buyer=f"buyer-{number}"), now=clock.now())
    assert queries() == with_one

"""The list of orders: every filter finds what it says, and the file holds what the screen counts."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.models import Order, WebhookDelivery, WebhookEndpoint
from orders.models.complaint import ComplaintKind
from orders.services.complaints.report import report_by_merchant
from orders.services.submit import Draft, Item, submit
from payhub import clock
from payhub.merchants.models import DoublePaymentPolicy, Membership, Merchant
from payhub.outbox.deliver import deliver_due
from tests.conftest import MovedClock
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.fixture
def member(merchant: Merchant) -> Client:
    """A member's browser."""
    user = User.objects.create_user("member")
    Membership.objects.create(user=user, merchant=merchant)
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def place(draft: Draft) -> Callable[..., Order]:
    """Place an order of another buyer each."""

    def place(minor: int = 6_400, **changes: Any) -> Order:
        goods = Item(sku="novel", title=changes.pop("title", "A novel"), unit_minor=minor, quantity=1)
        mine = replace(draft, items=(goods,), buyer=f"buyer-{Order.objects.count()}", **changes)
        return submit(draft=mine, now=clock.now()).order

    return place


def found(member: Client, **asked: Any) -> list[str]:
    return [row.order.order_no for row in member.get("/m/", asked).context["orders"]]


def rows_of(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_an_order_is_found_by_its_amount(member: Client, place: Callable[..., Order]) -> None:
    order = place(6_401)
    place(6_410)
    assert found(member, amount="64.01") == [order.order_no]
    for none in ("64.0", "64.011", "much", "9" * 20):
        assert found(member, amount=none) == []


def test_an_order_is_found_by_the_numbers_of_its_payment_and_its_channel(
    member: Client, place: Callable[..., Order], collect_money: Callable[[Order], Attempt]
) -> None:
    place()
    order = place()
    attempt = collect_money(order)
    for number in (attempt.attempt_no, attempt.channel_trade_no, attempt.payment.payment_no.lower()):
        assert found(member, number=number) == [order.order_no], number


def test_another_merchants_numbers_find_nothing(
    place: Callable[..., Order], collect_money: Callable[[Order], Attempt]
) -> None:
    attempt = collect_money(place())
    other = Merchant.objects.create(code="other", name="Other", created_at=clock.now())
    user = User.objects.create_user("stranger")
    Membership.objects.create(user=user, merchant=other)
    stranger = Client()
    stranger.force_login(user)
    assert found(stranger, number=attempt.channel_trade_no) == []
    assert found(stranger, channel="alpha") == []
    assert stranger.get("/m/").context["channels"] == []


def test_orders_are_found_by_several_states_and_by_the_channel_that_paid(
    member: Client, place: Callable[..., Order], collect_money: Callable[[Order], Attempt]
) -> None:
    open_, paid = place(), place()
    collect_money(paid)
    deliver_due(now=clock.now())
    assert found(member, state=["PAID", "AWAITING_PAYMENT"]) == [paid.order_no, open_.order_no]
    assert found(member, state=["PAID"]) == [paid.order_no]
    assert found(member, state=["nonsense"]) == [paid.order_no, open_.order_no]
    assert found(member, channel="alpha") == [paid.order_no]
    assert found(member, channel="beta") == []


def test_overpaid_orders_are_found(
    member: Client,
    merchant: Merchant,
    place: Callable[..., Order],
    alpha: Books,
    alpha_account: ChannelAccount,
    beta: Books,
    beta_account: ChannelAccount,
) -> None:
    Merchant.objects.update(double_payment_policy=DoublePaymentPolicy.REFUND_EXTRA)
    place()
    order = place()
    payment = Payment.objects.get(merchant_order_no=order.order_no)
    tries = [
        (books, pay(payment_id=payment.pk, choice=Choice(account_id=account.pk, method="qr"), now=clock.now()))
        for books, account in ((alpha, alpha_account), (beta, beta_account))
    ]
    for books, attempt in tries:
        books.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)
    while deliver_due(now=clock.now()):
        pass
    page = member.get("/m/", {"sign": "overpaid"})
    assert [(row.order.order_no, str(row.meaning.status)) for row in page.context["orders"]] == [
        (order.order_no, "Overpaid")
    ]


def test_orders_whose_payment_is_not_confirmed_are_found_after_ten_minutes(
    member: Client, place: Callable[..., Order], alpha: Books, alpha_account: ChannelAccount, moved_clock: MovedClock
) -> None:
    place()
    order = place()
    payment = Payment.objects.get(merchant_order_no=order.order_no)
    pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=clock.now())
    moved_clock.forward(minutes=10)
    assert found(member, sign="not_confirmed") == []
    moved_clock.forward(seconds=1)
    assert found(member, sign="not_confirmed") == [order.order_no]


def test_orders_with_a_case_are_found_once_and_the_case_stands_on_their_page(
    member: Client, place: Callable[..., Order]
) -> None:
    place()
    order = place()
    assert found(member, sign="complaint") == []
    said = {"kind": ComplaintKind.DUPLICATE, "text": "The buyer says twice."}
    assert "The case is open" in member.post(f"/m/orders/{order.order_no}/report", said, follow=True).content.decode()
    report_by_merchant(order=order, kind=ComplaintKind.LOST, text="Again.", who="member", now=clock.now())
    assert found(member, sign="complaint") == [order.order_no]
    page = member.get(f"/m/orders/{order.order_no}/")
    assert [case.get_kind_display() for case in page.context["cases"]] == ["Paid twice"]
    assert '"state": "awaiting_payment"' in page.context["raw"]


def test_the_list_says_what_became_of_the_newest_message(
    member: Client, merchant: Merchant, place: Callable[..., Order], collect_money: Callable[[Order], Attempt]
) -> None:
    WebhookEndpoint.objects.create(
        endpoint_no="W1", merchant=merchant, url="https://shop.example/", sealed_secrets="", created_at=clock.now()
    )
    quiet, order = place(), place()
    collect_money(order)
    while deliver_due(now=clock.now()):
        pass
    WebhookDelivery.objects.update(outcome="FAILED", next_at=None)
    told = {row.order.order_no: row.told and row.told.outcome for row in member.get("/m/").context["orders"]}
    assert told == {order.order_no: "FAILED", quiet.order_no: None}
    page = member.get(f"/m/orders/{order.order_no}/").content.decode()
    assert "https://shop.example/" in page
    assert "/m/lantern/deliveries/" not in page  # keys and webhooks are the owner's


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        ((2026, 5, 3, 15, 59, 59), "2026-05-03"),  # 23:59:59 in Shanghai
        ((2026, 5, 3, 16, 0, 0), "2026-05-04"),  # midnight there
        ((2026, 5, 4, 15, 59, 59), "2026-05-04"),
        ((2026, 5, 4, 16, 0, 0), "2026-05-05"),
    ],
)
def test_a_day_begins_and_ends_by_our_time_zone(
    member: Client, place: Callable[..., Order], moved_clock: MovedClock, utc: tuple[int, ...], day: str
) -> None:
    year, month, date, hour, minute, second = utc
    moved_clock.at = datetime(year, month, date, hour, minute, second, tzinfo=UTC)
    order = place()
    moved_clock.forward(days=3)
    assert found(member, since=day, until=day) == [order.order_no]
    before = (datetime.fromisoformat(day) - timedelta(days=1)).date().isoformat()
    after = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    assert found(member, since=before, until=before) == found(member, since=after, until=after) == []
    (row,) = rows_of(member.get("/m/orders.csv", {"since": day, "until": day}))
    assert row["created_at"].startswith(f"{day}T")
    assert row["created_at"].endswith("+08:00")


@pytest.mark.parametrize(
    "title", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "＠x", "|cmd"], ids=repr
)
def test_no_cell_is_a_formula(member: Client, place: Callable[..., Order], title: str) -> None:
    place(title=title)
    (row,) = rows_of(member.get("/m/orders.csv"))
    assert row["title"].startswith("'")
    assert row["amount"] == "64.00"


def test_the_file_adds_up_to_what_the_screen_says(
    member: Client, place: Callable[..., Order], collect_money: Callable[[Order], Attempt]
) -> None:
    for minor in (1, 990, 12_800):
        collect_money(place(minor, title='Tea, "green"\nfresh'))
    place(5_000)
    deliver_due(now=clock.now())
    for asked in ({}, {"state": "PAID"}, {"amount": "9.90"}, {"number": "nonsense"}):
        totals = member.get("/m/", asked).context["totals"]
        rows = rows_of(member.get("/m/orders.csv", asked))
        assert sum(total.count for total in totals) == len(rows)
        assert sum(total.amount.minor for total in totals) == sum(int(row["amount_minor"]) for row in rows)
        assert all(int(row["amount"].replace(".", "")) == int(row["amount_minor"]) for row in rows)


def test_what_is_ordered_while_the_file_is_sent_is_not_in_it(member: Client, place: Callable[..., Order]) -> None:
    first = place()
    answer: Any = member.get("/m/orders.csv")
    place()
    assert [row["order_no"] for row in rows_of(answer)] == [first.order_no]

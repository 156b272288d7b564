"""Files of many orders: made in the background, from what there was when they were asked for, for a day."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from orders.models import Export, ExportPart, Order
from orders.portal import exports as pages
from orders.portal import views
from orders.services import exports
from orders.services.forget import forget_exports
from orders.services.submit import Draft, submit
from orders.tasks import make_exports
from payhub import clock
from payhub.merchants.models import Membership, Merchant
from tests.conftest import MovedClock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four orders are many, and a part holds two."""
    monkeypatch.setattr(pages, "AT_ONCE", 3)
    monkeypatch.setattr(views, "AT_ONCE", 3)
    monkeypatch.setattr(exports, "PART", 2)


@pytest.fixture
def place(draft: Draft) -> Callable[[], Order]:
    """Place an order of another buyer each."""
    return lambda: submit(draft=replace(draft, buyer=f"buyer-{Order.objects.count()}"), now=clock.now()).order


@pytest.fixture
def many(place: Callable[[], Order]) -> list[str]:
    """Too many orders to send at once, oldest first."""
    return [place().order_no for _ in range(5)]


@pytest.fixture
def member(merchant: Merchant, no_wakes: list[Any]) -> Client:
    """A member's browser."""
    return member_of(merchant, "member")


def member_of(merchant: Merchant, name: str) -> Client:
    user = User.objects.create_user(name)
    Membership.objects.create(user=user, merchant=merchant)
    browser = Client()
    browser.force_login(user)
    return browser


def fetched(member: Client) -> Any:
    return member.get(f"/m/exports/{Export.objects.get().export_no}.csv")


def orders_in(answer: Any) -> list[str]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return [row["order_no"] for row in csv.DictReader(io.StringIO(text))]


def test_many_orders_are_not_sent_at_once(member: Client, many: list[str]) -> None:
    page = member.get("/m/").content.decode()
    assert "Have it prepared as CSV" in page
    assert "/m/orders.csv" not in page
    refused = member.get("/m/orders.csv", {"state": "AWAITING_PAYMENT"})
    assert (refused.status_code, refused["Location"]) == (303, "/m/?state=AWAITING_PAYMENT")
    assert orders_in(member.get("/m/orders.csv", {"number": many[0]})) == many[:1]


def test_the_file_holds_what_there_was_when_it_was_asked_for(
    member: Client, many: list[str], place: Callable[[], Order], no_wakes: list[Any]
) -> None:
    asked = member.post("/m/exports/", {"asked": "state=AWAITING_PAYMENT"}, follow=True).content.decode()
    assert "being made" in asked
    assert "0 / 5" in asked
    assert fetched(member).status_code == 404  # not ready
    place()
    make_exports()
    page = member.get("/m/exports/").content.decode()
    assert "5 / 5" in page
    assert f"/m/exports/{Export.objects.get().export_no}.csv" in page
    assert orders_in(fetched(member)) == many
    assert ExportPart.objects.count() == 3


def test_a_worker_that_dies_is_followed_by_one_that_repeats_nothing(member: Client, many: list[str]) -> None:
    member.post("/m/exports/", {"asked": ""})
    assert exports.make_part(now=clock.now())
    assert Export.objects.get().done == 2
    make_exports()
    make_exports()  # and there is nothing left to do
    assert orders_in(fetched(member)) == many


def test_the_same_list_asked_for_twice_is_one_file_and_five_a_day_are_enough(member: Client, many: list[str]) -> None:
    for _ in range(2):
        member.post("/m/exports/", {"asked": "state=PAID"})
    assert Export.objects.count() == 1
    for day in range(1, 7):
        page = member.post("/m/exports/", {"asked": f"since=2026-01-0{day}"}, follow=True)
    assert Export.objects.count() == 5
    assert "Five exports a day" in page.content.decode()


def test_nobody_else_fetches_it_nor_who_is_no_longer_a_member(
    member: Client, many: list[str], merchant: Merchant
) -> None:
    member.post("/m/exports/", {"asked": ""})
    make_exports()
    assert fetched(member_of(merchant, "colleague")).status_code == 404
    assert fetched(Client()).status_code == 302
    assert orders_in(fetched(member)) == many
    Membership.objects.filter(user__username="member").delete()
    assert fetched(member).status_code == 404


def test_after_a_day_it_is_gone(moved_clock: MovedClock, member: Client, many: list[str]) -> None:
    member.post("/m/exports/", {"asked": ""})
    make_exports()
    moved_clock.at += timedelta(days=1, seconds=1)
    assert fetched(member).status_code == 404
    assert "No files were asked for" in member.get("/m/exports/").content.decode()
    forget_exports(now=clock.now())
    assert not Export.objects.exists()
    assert not ExportPart.objects.exists()

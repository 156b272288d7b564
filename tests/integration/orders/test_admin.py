"""The back office: everything can be found and read, and money's rows can be changed by nobody here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cashier.models import Attempt, ChannelAccount
from orders.models import Order
from orders.services.submit import Draft, submit
from payhub import clock
from payhub.db import committed
from payhub.merchants.models import Merchant
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Delivery
from payhub.review.models import Kind, Owner, ReviewItem
from payhub.review.queue import open_review
from payhub.trail.record import story
from tests.conftest import staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]

OF_MONEY = ["cashier", "orders", "outbox", "trail"]
SHOWN = [
    model
    for model in apps.get_models()
    if model._meta.app_label in {*OF_MONEY, "review", "merchants"} and admin.site.is_registered(model)
]


def changelist(model: type[Any]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


@pytest.fixture
def superuser(db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("root"))
    return browser


@pytest.fixture
def paid(draft: Draft, collect_money: Callable[[Order], Attempt]) -> Order:
    order = submit(draft=draft, now=clock.now()).order
    collect_money(order)
    deliver_due(now=clock.now())
    return Order.objects.get(pk=order.pk)


def test_every_row_about_money_has_a_screen() -> None:
    shown = {model._meta.label for model in SHOWN}
    assert {
        *("cashier.Payment", "cashier.Attempt", "cashier.ChannelFact", "cashier.PendingQuery", "cashier.Refund"),
        *("cashier.LedgerEntry", "cashier.ChannelAccount", "orders.Order"),
        *("outbox.Event", "outbox.Delivery", "trail.OperationRecord", "review.ReviewItem", "merchants.Merchant"),
    } <= shown


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model._meta.label)
def test_every_list_and_page_opens_and_searches(model: type[Any], superuser: Client, paid: Order) -> None:
    assert superuser.get(changelist(model)).status_code == 200
    assert superuser.get(changelist(model), {"q": "A260101XQ0000000000000"}).status_code == 200
    row = model._default_manager.first()
    if row is not None:
        page = superuser.get(f"{changelist(model)}{row.pk}/change/")
        assert page.status_code == 200
        assert "script-src 'self'" in page["Content-Security-Policy"]


@pytest.mark.parametrize(
    "model", [model for model in SHOWN if model._meta.app_label in OF_MONEY], ids=lambda model: model._meta.label
)
def test_not_even_a_superuser_can_add_change_or_delete_what_is_about_money(
    model: type[Any], superuser: Client, paid: Order
) -> None:
    row = model._default_manager.first()
    assert superuser.get(f"{changelist(model)}add/").status_code == 403
    assert superuser.post(f"{changelist(model)}add/", {}).status_code == 403
    if row is None:
        return
    before = model._default_manager.filter(pk=row.pk).values().get()
    page = superuser.get(f"{changelist(model)}{row.pk}/change/").content.decode()
    assert 'name="_save"' not in page
    posted = {"state": "PAID", "amount_minor": "1", "currency": "EUR", "sealed_settings": "x", "_save": "Save"}
    assert superuser.post(f"{changelist(model)}{row.pk}/change/", posted).status_code == 403
    assert superuser.post(f"{changelist(model)}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    deleting = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
    superuser.post(changelist(model), deleting)
    assert model._default_manager.filter(pk=row.pk).values().get() == before


def test_a_payment_is_found_by_any_of_its_numbers_and_tells_its_story(superuser: Client, paid: Order) -> None:
    attempt = Attempt.objects.get()
    payment = attempt.payment
    for number in (payment.payment_no, paid.order_no, attempt.attempt_no):
        assert payment.payment_no in superuser.get("/admin/cashier/payment/", {"q": number}).content.decode()
    page = superuser.get(f"/admin/cashier/payment/{payment.pk}/change/").content.decode()
    assert "Money received" in page
    assert f"/admin/cashier/attempt/{attempt.pk}/change/" in page


def test_no_screen_shows_what_lets_its_reader_pay_or_sign(
    superuser: Client, paid: Order, alpha_account: ChannelAccount
) -> None:
    attempt = Attempt.objects.get()
    secrets = [alpha_account.sealed_settings, attempt.payment.token, paid.token, attempt.presentation_content]
    for row in (alpha_account, attempt, attempt.payment, paid):
        page = superuser.get(f"{changelist(type(row))}{row.pk}/change/").content.decode()
        assert not [secret for secret in secrets if secret in page]


@pytest.mark.parametrize("path", ["cashier/payment", "cashier/attempt", "orders/order", "outbox/delivery"])
def test_a_longer_list_asks_the_database_no_more_often(
    path: str, superuser: Client, draft: Draft, collect_money: Callable[[Order], Attempt]
) -> None:
    def place(buyer: str) -> None:
        collect_money(submit(draft=replace(draft, buyer=buyer), now=clock.now()).order)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            superuser.get(f"/admin/{path}/")
        return len(asked)

    place("the first")
    queries()  # what is asked once a process
    with_one = queries()
    for number in range(4):
        place(f"buyer-{number}")
    assert queries() == with_one


def test_an_exception_is_resolved_once_in_the_name_of_whoever_wrote_what_became_of_it(db: None) -> None:
    person = staff("agent", role="cs_agent")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(person)
    with committed():
        open_review(kind=Kind.SURPLUS, subject="order:O1", reason="Twice.", owner=Owner.SUPPORT, at=clock.now())
    item = ReviewItem.objects.get()
    path = f"/admin/review/reviewitem/{item.pk}/change/"
    assert browser.post(path, {"resolution": "", "_save": "Save"}).status_code == 200  # a reason is asked for
    browser.post(path, {"resolution": "Sent back by hand.", "kind": "OTHER", "_save": "Save"})
    item = ReviewItem.objects.get()
    assert (item.kind, item.resolution, item.resolved_by) == (Kind.SURPLUS, "Sent back by hand.", person)
    assert [(line.action, line.actor) for line in story(["order:O1"])] == [("review.resolved", "staff:agent")]
    assert browser.post(path, {"resolution": "Changed my mind.", "_save": "Save"}).status_code == 403


def test_whoever_may_only_look_resolves_nothing(db: None) -> None:
    person = staff("auditor", role="auditor")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    browser = Client()
    browser.force_login(person)
    with committed():
        open_review(kind=Kind.SURPLUS, subject="order:O1", reason="Twice.", owner=Owner.SUPPORT, at=clock.now())
    path = f"/admin/review/reviewitem/{ReviewItem.objects.get().pk}/change/"
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"resolution": "Mine.", "_save": "Save"}).status_code == 403


def test_a_parked_delivery_is_tried_again_when_a_person_says_so(
    draft: Draft, collect_money: Callable[[Order], Attempt], superuser: Client
) -> None:
    order = submit(draft=draft, now=clock.now()).order
    collect_money(order)
    delivery = Delivery.objects.get()
    delivery.park()
    delivery.save(update_fields=["state"])
    with committed():
        open_review(
            kind=Kind.PARKED_DELIVERY,
            subject=f"delivery:{delivery.pk}",
            reason="x",
            owner=Owner.OPERATIONS,
            at=clock.now(),
        )
    superuser.post("/admin/outbox/delivery/", {"action": "try_again", "_selected_action": [delivery.pk]})
    assert ReviewItem.objects.get().resolved_at is not None
    deliver_due(now=clock.now())
    assert Order.objects.get().state == "PAID"


def test_a_changed_policy_is_in_the_trail(superuser: Client, merchant: Merchant) -> None:
    superuser.post(
        f"/admin/merchants/merchant/{merchant.pk}/change/",
        {
            "name": "Lantern",
            "is_active": "on",
            "double_payment_policy": "REFUND_EXTRA",
            "late_payment_policy": "REFUND",
            "auto_refund_limit_minor": "0",
            "second_approver_above_minor": "1000000",
            "direct_refund_limit_minor": "0",
            "memberships-TOTAL_FORMS": "0",
            "memberships-INITIAL_FORMS": "0",
        },
    )
    (line,) = story([f"merchant:{merchant.code}"])
    assert line.actor == "staff:root"
    assert line.detail["double_payment_policy"] == "REFUND_EXTRA"
    assert superuser.post(f"/admin/merchants/merchant/{merchant.pk}/delete/", {"post": "yes"}).status_code == 403

"""The exception queue and the first page: what is wrong, what to do about it, and how much there is of it."""

from __future__ import annotations

import re
from html import unescape
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cashier.metrics import duplicates_prevented
from cashier.models import PendingQuery
from orders.models import Complaint, WebhookDelivery, WebhookEndpoint, WebhookTry
from payhub import clock
from payhub.dashboard.figures import all_figures, count
from payhub.dashboard.models import Summary
from payhub.db import committed
from payhub.merchants.models import Merchant
from payhub.outbox.emit import emit
from payhub.review.models import Kind, Owner, ReviewItem
from payhub.review.queue import open_review
from payhub.review.words import WHAT_TO_DO, runbook_for
from payhub.roles import Role, RoleBackend
from payhub.settings import CACHES
from reconciliation.models import Bill
from tests.conftest import MovedClock
from tests.integration.desk.conftest import person, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_of_exception_says_what_to_do_and_has_a_runbook(kind: Kind) -> None:
    assert str(WHAT_TO_DO[kind])
    document, _hash, anchor = runbook_for(kind).partition("#")
    assert f"\n## {anchor.upper()}\n" in (Path(__file__).parents[3] / document).read_text()


def test_the_exception_about_a_days_bill_leads_to_that_day(shop: Merchant) -> None:
    day = clock.now()
    Bill.objects.create(
        account_code="lantern-alpha", channel="alpha", merchant=shop, day_date=day.date(), starts_at=day, ends_at=day,
        fetch_at=day, deadline_at=day,
    )  # fmt: skip
    with committed():
        open_review(
            kind=Kind.BILL_MISSING, subject=f"bill:lantern-alpha:{day.date()}", reason="x", owner=Owner.FINANCE, at=day
        )
    browser = signed_in(person("li"))
    page = browser.get("/admin/review/reviewitem/").content.decode()
    link = f"/admin/reconciliation/bill/?account_code=lantern-alpha&amp;day_date={day.date()}"
    assert f'<a href="{link}">Run the day, or hand the file in</a>' in page
    assert "lantern-alpha" in browser.get(link.replace("&amp;", "&")).content.decode()


def test_a_broken_invariant_is_an_exception_that_only_a_reason_closes(twice: Complaint) -> None:
    def audited() -> int:
        with pytest.raises(SystemExit) as left:
            call_command("audit", stdout=StringIO())
        return int(str(left.value.code))

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cashier_pendingquery (attempt_id, channel, next_at, tries) "
            "SELECT id, 'alpha', created_at, 0 FROM cashier_attempt LIMIT 1"
        )
    assert audited() == audited() == 1
    item = ReviewItem.objects.get(subject="invariant:L1a")
    assert item.kind == Kind.BROKEN_INVARIANT
    assert "Every live attempt is being asked about" in item.reason
    PendingQuery.objects.all().delete()
    call_command("audit", stdout=StringIO())
    browser = signed_in(person("op", "ops"))
    path = f"/admin/review/reviewitem/{item.pk}/change/"
    browser.post(path, {"resolution": "", "_save": "Save"})
    assert ReviewItem.objects.get(pk=item.pk).resolved_at is None
    browser.post(path, {"resolution": "A row that a developer put there by hand.", "_save": "Save"})
    assert ReviewItem.objects.get(pk=item.pk).resolved_at is not None


def test_the_queue_shows_kind_amount_owner_age_and_the_one_right_action(twice: Complaint) -> None:
    page = signed_in(person("li")).get("/admin/review/reviewitem/").content.decode()
    for words in (
        "Money received twice or too late",
        "¥128.00",
        "Finance",
        "Look at the case, then approve the return.",
    ):
        assert words in page
    item = ReviewItem.objects.get()
    assert f'<a href="/admin/cashier/refund/?q={item.subject.partition(":")[2]}">Approve its return</a>' in page


def test_a_superuser_reads_exceptions_and_closes_none(twice: Complaint) -> None:
    browser = signed_in(User.objects.create_superuser("root"))
    path = f"/admin/review/reviewitem/{ReviewItem.objects.get().pk}/change/"
    assert browser.get(path).status_code == 200
    assert browser.post(path, {"resolution": "Because I can.", "_save": "Save"}).status_code == 403
    assert ReviewItem.objects.get().resolved_at is None


def test_the_first_page_shows_what_the_sweep_counted_and_every_number_leads_to_its_rows(twice: Complaint) -> None:
    count(now=clock.now())
    browser = signed_in(person("li"))
    page = browser.get("/admin/").content.decode()
    assert "¥128.00" in page
    assert "Paid twice or too late, 7 days" in page
    assert "<svg" in page
    assert " style=" not in page[page.index('class="desk board"') : page.index("</svg>")]
    board = page[page.index('class="desk board"') :]
    links = {unescape(link) for link in re.findall(r'href="(/admin/[^"]+)"', board[: board.index('id="content-main"')])}
    assert len(links) >= len(all_figures())
    for link in links:
        assert browser.get(link).status_code == 200, link
    shown = browser.get(next(link for link in links if "age=0" in link)).content.decode()
    assert twice.complaint_no in shown


def test_a_days_books_stand_on_the_first_page_and_lead_to_the_day(shop: Merchant) -> None:
    now = clock.now()
    for place, state in enumerate(("EXPECTED", "MISSING")):
        bill = Bill.objects.create(
            account_code=f"lantern-{place}", channel="alpha", merchant=shop, day_date=now.date(), starts_at=now, ends_at=now,
            fetch_at=now, deadline_at=now,
        )  # fmt: skip
        if state == "MISSING":
            bill.miss()
            bill.save()
    count(now=now)
    page = signed_in(person("li")).get("/admin/").content.decode()
    assert f'href="/admin/reconciliation/bill/?day_date={now.date()}"' in page
    assert "mark-3" in page  # the worst of the day's accounts
    assert "Bill missing" in page


def test_webhooks_given_up_lead_to_their_list_without_bodies(shop: Merchant) -> None:
    now = clock.now()
    with committed():
        event = emit(name="order.paid", subject="order:O1", payload={}, at=now, merchant_id=shop.pk)
    endpoint = WebhookEndpoint.objects.create(endpoint_no="W1", merchant=shop, url="https://x.example", created_at=now)
    delivery = WebhookDelivery.objects.create(
        delivery_no="D1", event=event, endpoint=endpoint, outcome="FAILED", created_at=now
    )
    WebhookTry.objects.create(
        delivery=delivery, at=now, took_ms=7, request_headers={"webhook-signature": "v1,secret"}, request_body="body-sent",
        error="refused",
    )  # fmt: skip
    browser = signed_in(person("op", "ops"))
    assert "D1" in browser.get("/admin/orders/webhookdelivery/?outcome=FAILED").content.decode()
    page = browser.get(f"/admin/orders/webhookdelivery/{delivery.pk}/change/").content.decode()
    assert "refused" in page
    assert "v1,secret" not in page
    assert "body-sent" not in page


def test_looking_at_the_first_page_counts_nothing(twice: Complaint) -> None:
    count(now=clock.now())
    browser = signed_in(person("li"))
    browser.get("/admin/")
    with CaptureQueriesContext(connection) as asked:
        browser.get("/admin/")
    said = " ".join(query["sql"] for query in asked)
    for table in ("cashier_attempt", "cashier_refund", "cashier_channelfact", "orders_order", "orders_complaint"):
        assert f'FROM "{table}"' not in said
        assert f"FROM {table}" not in said


def test_figures_that_nobody_counts_any_more_say_so(twice: Complaint, moved_clock: Any) -> None:
    browser = signed_in(person("li"))
    assert "the scheduler or the workers do not run" in browser.get("/admin/").content.decode()
    count(now=clock.now())
    assert "the scheduler or the workers do not run" not in browser.get("/admin/").content.decode()
    moved_clock.forward(minutes=6)
    assert "the scheduler or the workers do not run" in browser.get("/admin/").content.decode()


def test_a_figure_is_counted_right(twice: Complaint) -> None:
    count(now=clock.now())
    found = {summary.name: summary.rows for summary in Summary.objects.all()}
    assert found["paid_today"] == [["CNY", 12_800]]
    assert found["duplicates_detected"] == [["all", 1]]
    assert found["duplicates_returned"] == [["all", 0]]
    assert found["to_approve"] == [["all", 1]]
    assert found["cases_by_age"] == [["0", 1], ["1", 0], ["2", 0], ["3", 0]]


def test_what_was_prevented_is_kept_by_day_for_a_week_and_outlives_redis(moved_clock: MovedClock) -> None:
    def days() -> list[int]:
        count(now=clock.now())
        return [number for _, number in Summary.objects.get(name="duplicates_prevented").rows]

    cache.clear()
    duplicates_prevented.count(by="same_attempt")
    assert days() == [0], "nobody knows since when a counter that was never looked at counts"
    duplicates_prevented.count(by="same_attempt")
    duplicates_prevented.count(by="already_paid")
    assert days() == [2]
    assert days() == [2], "looking again counts nothing twice"
    moved_clock.forward(days=1)
    cache.clear()  # Redis starts empty: the counter begins at zero
    duplicates_prevented.count(by="same_attempt")
    assert days() == [2, 1]
    assert "Second payments prevented, 7 days" in signed_in(person("li")).get("/admin/").content.decode()
    moved_clock.forward(days=6)
    assert days() == [1, 0]


def test_without_redis_what_was_counted_stays(settings: Any) -> None:
    count(now=clock.now())
    duplicates_prevented.count(by="same_attempt")
    count(now=clock.now())
    settings.CACHES = {"default": CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}}
    count(now=clock.now())
    assert [number for _, number in Summary.objects.get(name="duplicates_prevented").rows] == [1]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_reads_and_none_but_superusers_changes_people(role: Role) -> None:
    who = person("somebody", role)
    backend = RoleBackend()
    assert backend.has_perm(who, "cashier.view_refund")
    for permission in ("cashier.change_refund", "cashier.delete_refund", "orders.change_complaint", "auth.change_user"):
        assert not backend.has_perm(who, permission)


def test_whoever_left_reads_nothing(twice: Complaint) -> None:
    gone = person("gone")
    browser = signed_in(gone)
    gone.is_active = False
    gone.save()
    assert browser.get(f"/admin/orders/complaint/{twice.pk}/change/").status_code == 302


def test_whoever_does_nothing_for_half_an_hour_signs_in_again(settings: Any, client: Client) -> None:
    assert settings.SESSION_COOKIE_AGE == 1800
    browser = signed_in(person("li"))
    browser.get("/admin/")
    assert browser.session.get_expiry_age() == 1800
    assert settings.SESSION_SAVE_EVERY_REQUEST

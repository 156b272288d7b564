"""The portal on a desk and on a phone, in both languages: nothing sticks out, and everybody can read it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, Page

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.models import WebhookDelivery, WebhookEndpoint
from orders.models.complaint import ComplaintKind
from orders.models.statement import Party
from orders.search import Filters
from orders.services.api_keys import issue_key
from orders.services.complaints.report import report_by_merchant
from orders.services.complaints.statements import request_statement
from orders.services.exports import ask_export, make_part
from orders.services.submit import Draft, Item, submit
from orders.services.webhook_endpoints import new_secret
from payhub import clock
from payhub.merchants.models import Membership, Merchant, Role
from payhub.outbox.deliver import deliver_due
from payhub.vault import seal
from tests.browser.readable import expect_readable, look_of
from tests.conftest import staff
from tests.played.channel import Books

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_wakes")]


@pytest.fixture
def owner(merchant: Merchant) -> User:
    """The merchant's owner."""
    user = User.objects.create_user("lin", email="lin@shop.example")
    Membership.objects.create(user=user, merchant=merchant, role=Role.OWNER)
    return user


@pytest.fixture
def addresses(merchant: Merchant, owner: User, alpha: Books, alpha_account: ChannelAccount) -> dict[str, str]:
    """Pages with something on each: orders in three states, a case, a webhook that failed, a key, two files."""
    now = clock.now()
    WebhookEndpoint.objects.create(
        endpoint_no="W1", merchant=merchant, url="https://shop.example/hooks/payhub", created_at=now,
        sealed_secrets=seal({"current": new_secret()}),
    )  # fmt: skip
    issue_key(merchant=merchant, name="Shop server", scopes=["read", "write"], actor="staff:li", now=now)
    draft = Draft(
        merchant_id=merchant.pk, items=(Item(sku="a", title="A novel", unit_minor=6_400, quantity=2),),
        currency="CNY", buyer="1", buyer_name="Li Na",
    )  # fmt: skip
    orders = [submit(draft=replace(draft, buyer=str(number)), now=now).order for number in range(3)]
    for order in orders[1:]:
        payment = Payment.objects.get(merchant_order_no=order.order_no)
        attempt: Attempt = pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=now)
    alpha.pay(attempt.attempt_no)
    query_attempt(attempt_no=attempt.attempt_no)
    while deliver_due(now=clock.now()):
        pass
    WebhookDelivery.objects.update(outcome="FAILED", next_at=None)
    WebhookEndpoint.objects.update(off_because="FAILING")
    said = {"kind": ComplaintKind.DUPLICATE, "text": "The buyer says that they paid twice.", "who": "lin"}
    case = report_by_merchant(order=orders[-1], now=now, **said).complaint  # type: ignore[arg-type]
    request_statement(complaint_id=case.pk, party=Party.SHOP, name="Lantern", person=staff("li", "cs_agent"), now=now)
    ask_export(user_id=owner.pk, filters=Filters(), now=now)
    make_part(now=now)
    ask_export(user_id=owner.pk, filters=Filters(states=("PAID",), sign="overpaid"), now=now)
    return {
        "orders": "/m/",
        "order": f"/m/orders/{orders[-1].order_no}/",
        "files": "/m/exports/",
        "settings": f"/m/{merchant.code}/settings/",
        "developers": f"/m/{merchant.code}/developers/",
        "webhook": f"/m/{merchant.code}/webhooks/W1/",
    }


@pytest.fixture
def opened(live_server: Any, browser: Browser, owner: User) -> Callable[[str], Page]:
    """Open the owner's browser in a language."""
    member = Client()
    member.force_login(owner)
    session = member.cookies[settings.SESSION_COOKIE_NAME].value

    def opened(language: str) -> Page:
        context = browser.new_context(locale=language, base_url=live_server.url)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        return context.new_page()

    return opened


def test_every_page_can_be_read_by_everybody(opened: Callable[[str], Page], addresses: dict[str, str]) -> None:
    for language in ("en-GB", "zh-CN"):
        page = opened(language)
        for name, address in addresses.items():
            page.goto(address)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            expect_readable(page, looks=look_of(language))
            if pictures := os.environ.get("PICTURES"):
                for width in (390, 1280):
                    page.set_viewport_size({"width": width, "height": 800})
                    page.screenshot(path=f"{pictures}/{name}-{language}-{width}.png", full_page=True)
        page.context.close()

"""Who may do what in the portal: every address, every role, and everybody else. A new address must be placed here."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, reverse

from cashier.models import Attempt, Refund
from orders.models import Order, WebhookDelivery, WebhookEndpoint
from orders.portal.urls import urlpatterns
from orders.services.api_keys import issue_key
from orders.services.submit import Draft, submit
from orders.services.webhook_endpoints import new_secret, send_test
from payhub import clock
from payhub.merchants.models import Membership, Merchant, Role
from payhub.outbox.deliver import deliver_due
from payhub.vault import seal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
NOT_OF_A_MERCHANT = {"login", "logout"}
# Lists of what is the member's own: nothing of another can be named.
OWN_LISTS = {"portal-orders", "portal-export", "portal-exports", "portal-developers-index", "portal-export-file"}
ROUTES: dict[str, URLPattern] = {str(route.name): route for route in urlpatterns if route.name not in NOT_OF_A_MERCHANT}
OF_THE_OWNER = sorted(name for name, route in ROUTES.items() if "code" in route.pattern.converters)
OF_AN_ORDER = sorted(name for name, route in ROUTES.items() if "order_no" in route.pattern.converters)


def browser_of(merchant: Merchant, role: str) -> Client:
    user = User.objects.create_user(f"{merchant.code}-{role.lower()}")
    Membership.objects.create(user=user, merchant=merchant, role=role)
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def browsers(merchant: Merchant) -> dict[str, Client]:
    """A browser of every role, of an owner of another merchant, and of nobody."""
    other = Merchant.objects.create(code="other", name="Other", is_test=True, created_at=clock.now())
    found = {role: browser_of(merchant, role) for role in Role.values}
    return {**found, "STRANGER": browser_of(other, Role.OWNER), "NOBODY": Client()}


@pytest.fixture
def names(merchant: Merchant, draft: Draft, collect_money: Callable[[Order], Attempt]) -> dict[str, str | int]:
    """One of everything that an address can name."""
    order = submit(draft=draft, now=clock.now()).order
    collect_money(order)
    deliver_due(now=clock.now())
    key, _ = issue_key(merchant=merchant, name="Shop", scopes=["read"], actor="staff:li", now=clock.now())
    endpoint = WebhookEndpoint.objects.create(
        endpoint_no="W1", merchant=merchant, url="http://127.0.0.1:9/", created_at=clock.now(),
        sealed_secrets=seal({"current": new_secret()}),
    )  # fmt: skip
    delivery = send_test(merchant=merchant, endpoint_no=endpoint.endpoint_no, now=clock.now())
    return {
        "code": merchant.code,
        "order_no": order.order_no,
        "key_id": key.pk,
        "endpoint_no": endpoint.endpoint_no,
        "delivery_no": delivery.delivery_no,
    }


def address_of(name: str, names: dict[str, str | int]) -> str:
    return reverse(name, kwargs={part: names[part] for part in ROUTES[name].pattern.converters})


def ask(browser: Client, method: str, address: str) -> HttpResponse:
    answer: HttpResponse = getattr(browser, method)(address)
    return answer


def test_every_address_has_its_place() -> None:
    assert {*OF_THE_OWNER, *OF_AN_ORDER, *OWN_LISTS} == set(ROUTES)


def test_keys_webhooks_and_settings_are_the_owners_alone(
    browsers: dict[str, Client], names: dict[str, str | int]
) -> None:
    before = (WebhookEndpoint.objects.values().get(), list(WebhookDelivery.objects.values()), Merchant.objects.count())
    for name in OF_THE_OWNER:
        address = address_of(name, names)
        for method in ("get", "post"):
            if ask(browsers[Role.FINANCE], method, address).status_code == 405:
                continue
            for who, status in ((Role.FINANCE, 403), (Role.SUPPORT, 403), ("STRANGER", 404), ("NOBODY", 302)):
                assert ask(browsers[who], method, address).status_code == status, (name, method, who)
    assert (
        WebhookEndpoint.objects.values().get(),
        list(WebhookDelivery.objects.values()),
        Merchant.objects.count(),
    ) == before


def test_the_owner_opens_every_page(browsers: dict[str, Client], names: dict[str, str | int]) -> None:
    for name in (*OF_THE_OWNER, *OF_AN_ORDER):
        answer = ask(browsers[Role.OWNER], "get", address_of(name, names))
        assert answer.status_code in {200, 405}, name


def test_every_member_works_on_orders_and_nobody_else_does(
    browsers: dict[str, Client], names: dict[str, str | int]
) -> None:
    for name in OF_AN_ORDER:
        address = address_of(name, names)
        for method in ("get", "post"):
            if ask(browsers[Role.SUPPORT], method, address).status_code == 405:
                continue
            assert ask(browsers["STRANGER"], method, address).status_code == 404, (name, method)
            assert ask(browsers["NOBODY"], method, address).status_code == 302, (name, method)
            for role in Role.values:
                is_money = name == "portal-refund" and role == Role.SUPPORT
                wanted = {403} if is_money else {200, 303}
                assert ask(browsers[role], method, address).status_code in wanted, (name, method, role)


def test_only_owner_and_finance_ask_for_refunds(browsers: dict[str, Client], names: dict[str, str | int]) -> None:
    page, address = address_of("portal-order", names), address_of("portal-refund", names)
    said = {"amount": "1.00", "reason": "GOODWILL", "refund_key": "k1"}
    assert "Ask for this refund" not in browsers[Role.SUPPORT].get(page).content.decode()
    assert browsers[Role.SUPPORT].post(address, said).status_code == 403
    assert not Refund.objects.exists()
    for role in (Role.FINANCE, Role.OWNER):
        assert "Ask for this refund" in browsers[role].get(page).content.decode()
        browsers[role].post(address, said)
    assert Refund.objects.count() == 1  # the same key is the same refund, whoever presses


def test_what_is_settled_is_kept_and_what_cannot_be_is_refused(
    browsers: dict[str, Client], names: dict[str, str | int], merchant: Merchant
) -> None:
    owner, address = browsers[Role.OWNER], address_of("portal-help-address", names)
    good = {"url": "https://shop.example/help", "phone": "+86 400 123-456", "email": "help@shop.example"}
    assert "Saved" in owner.post(address, good, follow=True).content.decode()
    for bad in ({"url": "javascript:alert(1)"}, {"url": "http://shop.example/"}, {"phone": "<b>1"}, {"email": "help"}):
        assert "Nothing was saved" in owner.post(address, {**good, **bad}, follow=True).content.decode(), bad
    merchant.refresh_from_db()
    assert (merchant.help_url, merchant.help_phone, merchant.help_email) == tuple(good.values())

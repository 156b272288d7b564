"""An endpoint that payhub switches off: its merchant's owners hear of it by letter and on every page of the portal."""

from __future__ import annotations

import smtplib
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client

from orders.models import Letter, WebhookEndpoint
from orders.models.webhook_endpoint import OffBecause
from orders.services import letters
from orders.services.forget import KEEP_LETTERS, forget_letters
from orders.services.webhook_endpoints import switch_endpoint, turn_off
from orders.tasks import send_letters
from payhub import clock
from payhub.db import committed
from payhub.merchants.models import Membership, Merchant, Role
from payhub.outbox.deliver import deliver_due
from tests.conftest import MovedClock

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]
URL = "https://shop.example/hook"


def member(merchant: Merchant, name: str, role: str, email: str) -> User:
    user = User.objects.create_user(name, email=email)
    Membership.objects.create(user=user, merchant=merchant, role=role)
    return user


@pytest.fixture
def owner(merchant: Merchant) -> User:
    """The owner; others are there, too."""
    other = Merchant.objects.create(code="other", name="Other", created_at=clock.now())
    member(merchant, "support", Role.SUPPORT, "support@shop.example")
    member(merchant, "silent", Role.OWNER, "")
    member(other, "stranger", Role.OWNER, "stranger@other.example")
    return member(merchant, "owner", Role.OWNER, "owner@shop.example")


@pytest.fixture
def endpoint(merchant: Merchant, owner: User) -> WebhookEndpoint:
    """An endpoint of the merchant."""
    return WebhookEndpoint.objects.create(
        endpoint_no="W1", merchant=merchant, url=URL, sealed_secrets="", created_at=clock.now()
    )


def switch_off(endpoint: WebhookEndpoint, because: OffBecause = OffBecause.FAILING) -> None:
    with committed():
        turn_off(endpoint, because, "system:payhub", clock.now())
    while deliver_due(now=clock.now()):
        pass


def pages(name: str) -> list[str]:
    browser = Client()
    browser.force_login(User.objects.get(username=name))
    return [browser.get(path).content.decode() for path in ("/m/", "/m/exports/", "/m/statements/")]


def test_the_owners_get_one_letter_in_both_languages(endpoint: WebhookEndpoint) -> None:
    switch_off(endpoint)
    send_letters()
    send_letters()
    (letter,) = mail.outbox
    assert letter.to == ["owner@shop.example"]
    for said in (URL, "it failed for five days", "已停用", "/m/lantern/webhooks/W1/", "recover what it missed"):
        assert said in f"{letter.subject} {letter.body}", said


def test_every_page_tells_the_owner_until_it_is_switched_on(endpoint: WebhookEndpoint, merchant: Merchant) -> None:
    assert not any(URL in page for page in pages("owner"))
    switch_off(endpoint, OffBecause.GONE)
    assert all(URL in page and "410 Gone" in page for page in pages("owner"))
    assert not any(URL in page for name in ("support", "stranger") for page in pages(name))
    switch_endpoint(merchant=merchant, endpoint_no="W1", on=True, actor="merchant:owner", now=clock.now())
    assert not any(URL in page for page in pages("owner"))


def test_what_the_owner_switched_off_is_no_news(endpoint: WebhookEndpoint) -> None:
    switch_off(endpoint, OffBecause.BY_HAND)
    assert not Letter.objects.exists()
    assert not any(URL in page for page in pages("owner"))


def test_an_endpoint_that_was_removed_meanwhile_is_no_news(endpoint: WebhookEndpoint) -> None:
    with committed():
        turn_off(endpoint, OffBecause.FAILING, "system:payhub", clock.now())
        endpoint.delete()
    while deliver_due(now=clock.now()):
        pass
    assert not Letter.objects.exists()


def test_a_letter_that_the_mail_server_refuses_is_tried_again_and_given_up_in_the_end(
    endpoint: WebhookEndpoint, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(endpoint)

    def refuse(*_: Any, **__: Any) -> None:
        raise smtplib.SMTPServerDisconnected("gone")

    with monkeypatch.context() as broken:
        broken.setattr(letters, "send_mail", refuse)  # a mail server is the one thing that we cannot run here
        for wait_s in letters.RETRY_AFTER_S[:-1]:
            assert letters.send_next(now=clock.now())
            assert not letters.send_next(now=clock.now())
            moved_clock.forward(seconds=wait_s)
    assert letters.send_next(now=clock.now())
    assert (len(mail.outbox), Letter.objects.get().last_error) == (1, "")
    Letter.objects.update(next_at=clock.now(), sent_at=None, tries=len(letters.RETRY_AFTER_S))
    monkeypatch.setattr(letters, "send_mail", refuse)
    letters.send_next(now=clock.now())
    assert Letter.objects.get().next_at is None
    assert "gone" in Letter.objects.get().last_error


def test_a_worker_that_dies_while_sending_leaves_the_letter_to_the_next(
    endpoint: WebhookEndpoint, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch_off(endpoint)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(letters, "send_mail", die)
        with pytest.raises(KeyboardInterrupt):
            letters.send_next(now=clock.now())
    assert not letters.send_next(now=clock.now())
    moved_clock.forward(seconds=letters.LEASE_S)
    assert letters.send_next(now=clock.now())
    moved_clock.forward(seconds=KEEP_LETTERS.total_seconds() + letters.LEASE_S + 1)
    assert forget_letters(now=clock.now()) == 1

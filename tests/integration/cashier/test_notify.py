"""The address that channels notify: authenticated, settled, and only then acknowledged."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from django.urls import resolve

from cashier.channels.base import Notification
from cashier.metrics import unaddressed
from cashier.models import Attempt, ChannelFact, Payment
from cashier.web import notify as address
from cashier.web.notify import MAX_BODY_BYTES
from payhub import clock
from payhub.review.models import ReviewItem
from tests.played.channel import Books
from tests.played.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def attempt(world: World) -> Attempt:
    """An attempt whose code is shown."""
    return world.clicks(world.opens_a_payment().pk, "alpha")


def said(attempt_no: str, **changes: Any) -> bytes:
    body = {"attempt_no": attempt_no, "trade_no": "CH1", "minor": 12_800, "currency": "CNY", **changes}
    return json.dumps(body).encode()


SIGNED = {"x-signed": "yes"}


def test_a_success_is_acknowledged_when_it_stands(world: World, attempt: Attempt) -> None:
    news = world.pays("alpha", attempt.attempt_no)
    world.notifies(news, times=3)
    assert Payment.objects.get().paid_by_id == attempt.pk
    assert ChannelFact.objects.filter(verdict="PAYS").count() == 1


@pytest.mark.parametrize("headers", [{}, {"x-signed": "no"}, {"x-signed": ""}])
def test_what_the_channel_did_not_sign_changes_nothing(world: World, attempt: Attempt, headers: dict[str, str]) -> None:
    message = Notification(headers=headers, body=said(attempt.attempt_no))
    assert world.posts("alpha", message) == 401
    assert not ChannelFact.objects.exists()
    assert not ReviewItem.objects.exists()
    assert Payment.objects.get().state == "OPEN"


def test_what_could_not_be_settled_is_not_acknowledged(
    world: World, attempt: Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def out_of_disk(**_: object) -> None:
        raise OSError("No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(address, "settle", out_of_disk)
        with pytest.raises(OSError, match="No space"):  # Django answers 500: the channel sends it again
            world.posts("alpha", Notification(headers=SIGNED, body=said(attempt.attempt_no)))
    assert world.posts("alpha", Notification(headers=SIGNED, body=said(attempt.attempt_no))) == 200
    assert Payment.objects.get().state == "PAID"


def test_an_account_hears_of_its_own_numbers_only(world: World, attempt: Attempt, beta: Books) -> None:
    """Signed by another account of ours: acknowledged, for it is authentic, and kept for a person."""
    assert world.posts("beta", Notification(headers=SIGNED, body=said(attempt.attempt_no))) == 200
    assert Payment.objects.get().state == "OPEN"
    assert ChannelFact.objects.get().verdict == "NOT_OURS"


@pytest.mark.parametrize("path", ["/notify/alpha/nobody", "/notify/beta/lantern-alpha"])
def test_an_address_of_no_account_is_not_there_and_that_is_told_and_counted(
    world: World, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache.clear()
    found = resolve(path)
    answer = found.func(RequestFactory().post(path, b"{}", "application/json"), **found.kwargs)
    assert answer.status_code == 404
    assert "there is no such account. Nothing was changed." in caplog.text
    assert [number for _, number in unaddressed.read(clock.now())] == [1]


def test_only_posts_are_taken(world: World) -> None:
    path = f"/notify/alpha/{world.accounts['alpha'].code}"
    found = resolve(path)
    for request in (RequestFactory().get(path), RequestFactory().put(path)):
        assert found.func(request, **found.kwargs).status_code == 405


def test_a_body_that_no_channel_sends_is_refused_unread(world: World, attempt: Attempt) -> None:
    body = said(attempt.attempt_no, padding="x" * MAX_BODY_BYTES)
    assert world.posts("alpha", Notification(headers=SIGNED, body=body)) == 401
    assert not ChannelFact.objects.exists()

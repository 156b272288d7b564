"""Paying inside WeChat: offered where it can be done, decided here, and proved by asking."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import unescape

import pytest
from django.db import DatabaseError
from django.test import Client

from cashier.models import ChannelAccount, Payment
from cashier.services import channel_calls
from payhub.db import savepoint
from tests.conftest import open_account, play_channel
from tests.integration.cashier_web.conftest import Counter
from tests.played.channel import METHODS, Books, PlayedChannel

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]

WECHAT = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MicroMessenger/8.0"
PHONE = "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36"
DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) Safari/537.36"
HERE = "Pay here, in WeChat"


@pytest.fixture
def wechat(counter: Counter, monkeypatch: pytest.MonkeyPatch) -> Books:
    """A played WeChat Pay, which the merchant has besides alpha and beta."""
    ways = {"native": METHODS["qr"], "jsapi": METHODS["inapp"]}
    monkeypatch.setattr(PlayedChannel, "methods", {**METHODS, **ways})
    books = play_channel(monkeypatch, "wechat", "W")
    account = open_account(counter.payment.merchant, "wechat")
    ChannelAccount.objects.filter(pk=account.pk).update(methods=list(ways))
    channel_calls.forget_opened()
    return books


@pytest.fixture
def known(counter: Counter, wechat: Books, new_payment: Callable[..., Payment]) -> Counter:
    """The counter of a payment whose merchant said who is to pay."""
    payment = new_payment(payer_id="oShopper", merchant_order_no="88002")
    return Counter(payment, Client(headers={"accept-language": "en"}))


def test_it_is_offered_first_inside_wechat_when_the_payer_is_known(known: Counter) -> None:
    page = known.open(user_agent=WECHAT)
    assert page.index(HERE) < page.index("Scan a code with WeChat")
    assert page.count(" checked") == 1
    assert page.index(" checked") < page.index(HERE)


@pytest.mark.parametrize("agent", [PHONE, DESKTOP])
def test_another_browser_is_not_offered_it_and_loads_nothing_for_it(known: Counter, agent: str) -> None:
    page = known.open(user_agent=agent)
    assert HERE not in page
    assert "bridge" not in page
    assert "Scan a code with WeChat" in page


@pytest.mark.usefixtures("wechat")
def test_without_a_known_payer_it_is_not_offered_and_cannot_be_forced(counter: Counter) -> None:
    assert HERE not in counter.open(user_agent=WECHAT)
    counter.post("pay", choice="lantern-wechat.jsapi", seen="")
    assert counter.attempts == []
    assert "This way to pay is not available" in counter.read()


def test_the_page_hands_over_what_was_signed_and_a_repeat_is_the_same_attempt(known: Counter, wechat: Books) -> None:
    for _ in range(2):
        known.post("pay", choice="lantern-wechat.jsapi", seen="")
    (attempt,) = known.attempts
    assert (known.state, wechat.count("create")) == ("waiting_bridge", 1)
    assert wechat.trades[attempt.attempt_no].trade.payer_id == "oShopper"
    page = known.open(user_agent=WECHAT)
    handed = unescape(page.split('data-fields="')[1].split('"')[0])
    assert json.loads(handed) == attempt.presentation_fields == {"package": f"prepay_id={attempt.attempt_no}"}
    assert f'data-back="{known.url}return"' in page
    assert "oShopper" not in page
    assert "data-bridge" not in known.open(user_agent=PHONE)
    assert "only inside WeChat" in known.open(user_agent=PHONE)


def test_coming_back_from_wechat_asks_and_what_was_not_paid_can_still_be_paid(known: Counter, wechat: Books) -> None:
    known.post("pay", choice="lantern-wechat.jsapi", seen="")
    known.get("return")
    assert (known.state, wechat.count("query")) == ("waiting_bridge", 1)
    assert "data-bridge" in known.open(user_agent=WECHAT)


def test_coming_back_after_paying_shows_the_receipt(known: Counter, wechat: Books) -> None:
    known.post("pay", choice="lantern-wechat.jsapi", seen="")
    wechat.pay(known.attempts[0].attempt_no)
    known.get("return")
    assert known.state == "succeeded"


def test_who_is_to_pay_never_changes(known: Counter) -> None:
    with pytest.raises(DatabaseError, match="Cannot update"), savepoint():
        Payment.objects.filter(pk=known.payment.pk).update(payer_id="oAnother")

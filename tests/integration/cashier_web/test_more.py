"""More time, more devices, limits, pages without a script."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache
from django.test import Client

from cashier.models import Payment
from cashier.services.end_payment import expire_due
from payhub import clock
from tests.conftest import MovedClock
from tests.integration.cashier_web.conftest import Counter
from tests.played.channel import Books


# More time ------------------------------------------------------------------------------------------------------------
def test_more_time_is_offered_shortly_before_the_end(counter: Counter, moved_clock: MovedClock) -> None:
    before = counter.status()["version"]
    assert "more minutes" not in counter.read()
    moved_clock.forward(minutes=20)
    assert counter.status()["version"] != before
    assert "Keep this order open 15 more minutes" in counter.read()


def test_more_time_keeps_the_payment_open(counter: Counter, moved_clock: MovedClock) -> None:
    moved_clock.forward(minutes=25)
    counter.post("extend")
    moved_clock.forward(minutes=10)
    expire_due(now=clock.now())
    assert counter.state == "ready"
    assert counter.pay().status_code == 303
    assert counter.state == "waiting_qr"


def test_a_second_click_gives_no_more_time(counter: Counter, moved_clock: MovedClock) -> None:
    moved_clock.forward(minutes=25)
    counter.post("extend")
    until = counter.status()["expires_at"]
    counter.post("extend")
    assert counter.status()["expires_at"] == until
    assert "cannot be extended now" in counter.read()


def test_time_that_is_over_is_not_extended(counter: Counter, moved_clock: MovedClock) -> None:
    moved_clock.forward(minutes=30)
    counter.post("extend")
    assert counter.state == "closing"


def test_more_time_is_given_ten_times(counter: Counter, moved_clock: MovedClock) -> None:
    moved_clock.forward(minutes=25)
    for _ in range(12):
        counter.post("extend")
        moved_clock.forward(minutes=15)
    until = Payment.objects.get(pk=counter.payment.pk).expires_at
    assert until == counter.payment.expires_at + 10 * (moved_clock.at - moved_clock.forward(minutes=-15))


def test_a_shop_whose_stock_cannot_wait_offers_none(counter: Counter, moved_clock: MovedClock, settings: Any) -> None:
    settings.PAYMENT_EXTENSION_S = 0
    moved_clock.forward(minutes=25)
    assert "more minutes" not in counter.read()
    counter.post("extend")
    assert Payment.objects.get(pk=counter.payment.pk).expires_at == counter.payment.expires_at


# A code that has expired ----------------------------------------------------------------------------------------------
def test_a_code_past_its_time_is_checked_before_a_new_one_is_offered(
    counter: Counter, alpha: Books, moved_clock: MovedClock
) -> None:
    moved_clock.forward(minutes=10)
    counter.pay()
    first = counter.attempts[0].attempt_no
    moved_clock.forward(minutes=15)
    assert counter.state == "closing"
    assert "Checking the code that has expired" in counter.read()
    counter.post("check")
    moved_clock.forward(seconds=6)
    counter.post("check")
    page = counter.read()
    assert counter.state == "code_expired"
    assert "this code was not used. No money was taken." in page
    counter.pay(seen=first)
    assert (len(counter.attempts), counter.state) == (2, "waiting_qr")


def test_a_code_that_was_paid_in_its_last_second_is_a_success(
    counter: Counter, alpha: Books, moved_clock: MovedClock
) -> None:
    counter.pay()
    alpha.pay(counter.attempts[0].attempt_no)
    moved_clock.forward(minutes=16)
    assert counter.state == "closing"
    counter.post("check")
    assert counter.state == "succeeded"


def test_a_lost_answer_can_be_asked_for_again_with_the_same_number(
    counter: Counter, alpha: Books, moved_clock: MovedClock
) -> None:
    alpha.arm("create", "timeout_after")
    counter.pay()
    assert counter.state == "processing"
    moved_clock.forward(seconds=16)
    assert counter.state == "unknown"
    assert "Try to open this payment again" in counter.read()
    counter.pay(seen=counter.attempts[0].attempt_no)
    assert (len(counter.attempts), counter.state) == (1, "waiting_qr")


# Limits ---------------------------------------------------------------------------------------------------------------
def test_clicks_without_end_are_stopped_and_looking_is_not(counter: Counter, settings: Any) -> None:
    settings.COUNTER_CLICKS_BY_PAYMENT = 3
    for _ in range(3):
        assert counter.pay().status_code == 303
    stopped = counter.pay()
    assert (stopped.status_code, stopped["Retry-After"]) == (429, "60")
    assert "started no payment" in stopped.content.decode()
    assert counter.get("status").status_code == 200


def test_a_payment_is_checked_by_its_shopper_twenty_times_an_hour(
    counter: Counter, alpha: Books, moved_clock: MovedClock
) -> None:
    counter.pay()
    for _ in range(22):
        moved_clock.forward(seconds=6)
        counter.post("check")
    assert alpha.count("query") == 20
    assert "Wait a few seconds" in counter.read()


def test_guessing_tokens_is_slowed_down(counter: Counter, settings: Any) -> None:
    settings.COUNTER_MISSES_BY_ADDRESS = 2
    cache.delete("limit:miss:192.0.2.77")
    guesser = Client(REMOTE_ADDR="192.0.2.77")
    answers = [guesser.get(f"/c/{n:032d}/").status_code for n in range(4)]
    assert answers == [404, 404, 429, 429]
    assert guesser.get(counter.url).status_code == 200


def test_without_redis_everybody_is_let_through(counter: Counter, settings: Any) -> None:
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    settings.COUNTER_CLICKS_BY_PAYMENT = 1
    assert [counter.pay().status_code for _ in range(3)] == [303, 303, 303]


# Without a script -----------------------------------------------------------------------------------------------------
def test_without_a_script_a_waiting_page_has_a_link_to_look_again(counter: Counter) -> None:
    counter.pay()
    page = counter.open()
    plain = page.partition("<noscript>")[2].partition("</noscript>")[0]
    assert f'href="{counter.url}"' in plain
    assert "This page does not update by itself." in plain
    assert "http-equiv" not in page


def test_a_reader_may_choose_that_the_page_updates_by_itself(counter: Counter, alpha: Books) -> None:
    counter.pay()
    page = counter.client.get(f"{counter.url}?auto=on").content.decode()
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page
    alpha.pay(counter.attempts[0].attempt_no)
    counter.post("check")
    assert "http-equiv" not in counter.client.get(f"{counter.url}?auto=on").content.decode()

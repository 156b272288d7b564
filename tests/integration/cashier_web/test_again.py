"""Paying again while the first end is unknown: only as the last way out, on a declaration that is kept."""

from __future__ import annotations

from typing import Any

import pytest

from cashier.errors import MayNotPayAgain
from cashier.models import Attempt, Refund
from cashier.services.pay import Choice
from cashier.services.pay_again import Declaration, pay_again
from cashier.services.query import query_attempt
from payhub import clock
from payhub.trail.record import story
from tests.conftest import MovedClock
from tests.integration.cashier_web.conftest import Counter
from tests.played.channel import Books


@pytest.fixture
def stuck(counter: Counter, alpha: Books, moved_clock: MovedClock) -> Attempt:
    """An attempt at alpha that the shopper closed without an answer; a minute old, asked three times."""
    counter.pay()
    attempt = counter.attempts[0]
    alpha.arm("close", "timeout_before", times=9)
    alpha.arm("query", "timeout_before", times=9)
    counter.post("close", seen=attempt.attempt_no)
    for _ in range(2):
        moved_clock.forward(seconds=30)
        query_attempt(attempt_no=attempt.attempt_no)
    return counter.attempts[0]


def declare(counter: Counter, attempt: Attempt, sees: str) -> Any:
    return counter.post("again", seen=attempt.attempt_no, sees=sees, choice="lantern-beta.qr")


def declarations(counter: Counter) -> list[Any]:
    return [entry for entry in story([counter.payment.subject]) if entry.action == "shopper.declared"]


def test_the_last_way_out_is_shown_when_nothing_else_is_left(counter: Counter, stuck: Attempt) -> None:
    assert "I was not charged, pay again" in counter.read()
    page = counter.get("again").content.decode()
    assert "Before you pay again, check that you were not charged" in page
    assert 'type="radio" name="sees" value="charged" required' in page
    assert "checked" not in page.partition('name="sees"')[2].partition("</fieldset>")[0]


def test_it_is_not_shown_to_the_impatient(counter: Counter, alpha: Books, moved_clock: MovedClock) -> None:
    counter.pay()
    attempt_no = counter.attempts[0].attempt_no
    alpha.arm("close", "timeout_before", times=9)
    alpha.arm("query", "timeout_before", times=9)
    counter.post("close", seen=attempt_no)
    query_attempt(attempt_no=attempt_no)
    query_attempt(attempt_no=attempt_no)
    moved_clock.forward(seconds=59)
    assert "I was not charged" not in counter.read()
    assert counter.get("again")["Location"] == counter.url
    moved_clock.forward(seconds=1)
    assert "I was not charged" in counter.read()


def test_a_payment_that_can_still_be_closed_is_not_paid_again(counter: Counter, moved_clock: MovedClock) -> None:
    counter.pay()
    attempt_no = counter.attempts[0].attempt_no
    for _ in range(4):
        moved_clock.forward(seconds=30)
        query_attempt(attempt_no=attempt_no)
    assert counter.get("again")["Location"] == counter.url
    declare(counter, counter.attempts[0], "not_charged")
    assert len(counter.attempts) == 1


def test_not_charged_starts_a_second_attempt_and_keeps_the_declaration(counter: Counter, stuck: Attempt) -> None:
    answer = declare(counter, stuck, "not_charged")
    assert answer["Location"] == counter.url
    first, second = counter.attempts
    assert (first.superseded_at is not None, second.account.channel) == (True, "beta")
    assert counter.state == "waiting_qr"
    assert "One earlier payment for this order is not confirmed yet" in counter.read()
    (declared,) = declarations(counter)
    assert declared.detail["attempt_no"] == stuck.attempt_no
    assert declared.detail["sees"] == "not_charged"
    assert declared.detail["language"] == "en"
    assert declared.detail["shopper_ip"] == "127.0.0.1"
    assert {"text_version", "user_agent"} <= set(declared.detail)


def test_it_works_once_per_payment(counter: Counter, stuck: Attempt, beta: Books, moved_clock: MovedClock) -> None:
    declare(counter, stuck, "not_charged")
    second = counter.attempts[1]
    beta.arm("close", "timeout_before", times=9)
    beta.arm("query", "timeout_before", times=9)
    counter.post("close", seen=second.attempt_no)
    for _ in range(3):
        moved_clock.forward(seconds=30)
        query_attempt(attempt_no=second.attempt_no)
    declare(counter, second, "not_charged")
    assert len(counter.attempts) == 2


def test_money_that_comes_by_the_first_after_all_goes_back(
    counter: Counter, stuck: Attempt, alpha: Books, beta: Books
) -> None:
    declare(counter, stuck, "not_charged")
    beta.pay(counter.attempts[1].attempt_no)
    counter.post("check")
    alpha.heal()
    alpha.pay(stuck.attempt_no)
    query_attempt(attempt_no=stuck.attempt_no)
    assert counter.state == "duplicate_refunding"
    assert Refund.objects.get().attempt == stuck


def test_the_channel_is_asked_once_more_and_may_say_paid(counter: Counter, stuck: Attempt, alpha: Books) -> None:
    alpha.pay(stuck.attempt_no)
    alpha.heal()
    declare(counter, stuck, "not_charged")
    assert len(counter.attempts) == 1
    assert "This order is already paid" in counter.read()
    assert not declarations(counter)


def test_the_channel_is_asked_once_more_and_may_say_closed(counter: Counter, stuck: Attempt, alpha: Books) -> None:
    alpha.heal()
    declare(counter, stuck, "not_charged")
    first, second = counter.attempts
    assert (first.state, first.superseded_at) == ("CLOSED", None)
    assert second.state == "PAYING"


def test_charged_starts_nothing_and_is_kept(counter: Counter, stuck: Attempt) -> None:
    declare(counter, stuck, "charged")
    assert [entry.detail["sees"] for entry in declarations(counter)] == ["charged"]
    assert len(counter.attempts) == 1
    assert "We have noted that you see a charge. Do not pay again" in counter.read()


def test_not_sure_starts_nothing(counter: Counter, stuck: Attempt) -> None:
    assert declare(counter, stuck, "not_sure")["Location"] == counter.url
    assert "We keep checking." in counter.read()
    assert (len(counter.attempts), declarations(counter)) == (1, [])


def test_no_answer_is_an_error_that_says_what_to_do(counter: Counter, stuck: Attempt) -> None:
    page = counter.post("again", seen=stuck.attempt_no, choice="lantern-beta.qr").content.decode()
    assert "<title>Error: " in page
    assert "There is a problem" in page
    assert 'href="#sees-charged"' in page
    assert len(counter.attempts) == 1


def test_a_page_about_an_older_attempt_starts_nothing(counter: Counter, stuck: Attempt) -> None:
    counter.post("again", seen="", sees="not_charged", choice="lantern-beta.qr")
    assert len(counter.attempts) == 1


def test_the_service_refuses_whatever_the_page_showed(
    counter: Counter, moved_clock: MovedClock, beta_account: Any
) -> None:
    counter.pay()
    attempt = counter.attempts[0]
    declaration = Declaration(
        attempt_no=attempt.attempt_no,
        sees="not_charged",
        text_version="1",
        language="en",
        shopper_ip=None,
        user_agent="",
    )
    choice = Choice(account_id=beta_account.pk, method="qr")
    with pytest.raises(MayNotPayAgain):
        pay_again(payment_id=counter.payment.pk, declaration=declaration, choice=choice, now=clock.now())
    assert len(counter.attempts) == 1

"""Which page stands for which rows: the whole table, and the rule of truth."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from cashier.models import Attempt, Payment, Refund
from cashier.web.page_state import Ending, Name, PageState, page_state

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
_ids = count(1)


def a_payment(**changes: Any) -> Payment:
    values = {"amount_minor": 12_800, "currency": "CNY", "expires_at": NOW + timedelta(minutes=20)}
    return Payment(**{**values, **changes})


def an_attempt(state: str, **changes: Any) -> Attempt:
    number = next(_ids)
    values = {
        "pk": number,
        "attempt_no": f"A{number}",
        "state": state,
        "created_at": NOW - timedelta(minutes=1),
        "expires_at": NOW + timedelta(minutes=5),
        "lease_until": NOW - timedelta(seconds=45),
        "presentation_kind": "QR",
        "ended_at": None if state in {"PAYING", "CLOSING", "UNKNOWN"} else NOW - timedelta(seconds=5),
    }
    return Attempt(**{**values, **changes})


def a_refund(state: str, amount_minor: int = 12_800, *, surplus: bool = False) -> Refund:
    return Refund(refund_no=f"R{next(_ids)}", state=state, amount_minor=amount_minor, is_surplus=surplus)


def shown(
    payment: Payment, attempts: Sequence[Attempt] = (), refunds: Sequence[Refund] = (), **said: bool
) -> PageState:
    return page_state(payment, attempts, refunds, NOW, **said)


LIVE_PAGES = [
    (an_attempt("PAYING"), Name.WAITING_QR),
    (an_attempt("PAYING", presentation_kind="REDIRECT"), Name.WAITING_CHANNEL),
    (an_attempt("PAYING", presentation_kind="FORM"), Name.WAITING_CHANNEL),
    (an_attempt("PAYING", presentation_kind="BRIDGE"), Name.WAITING_BRIDGE),
    (an_attempt("PAYING", presentation_kind="", lease_until=NOW + timedelta(seconds=9)), Name.PROCESSING),
    (an_attempt("PAYING", presentation_kind=""), Name.UNKNOWN),
    (an_attempt("PAYING", expires_at=NOW), Name.CLOSING),
    (an_attempt("CLOSING"), Name.CLOSING),
    (an_attempt("UNKNOWN"), Name.UNKNOWN),
    (an_attempt("UNKNOWN", expires_at=NOW - timedelta(hours=1)), Name.UNKNOWN),
]


@pytest.mark.parametrize(("attempt", "name"), LIVE_PAGES)
def test_a_live_attempt_is_told_as_what_it_is_and_never_as_unpaid(attempt: Attempt, name: Name) -> None:
    state = shown(a_payment(), [an_attempt("CLOSED"), attempt])
    assert (state.name, state.attempt) == (name, attempt)
    assert not state.no_money_taken
    assert not state.is_payable
    assert not state.is_terminal


ENDED_PAGES = [
    (an_attempt("FAILED"), Name.FAILED),
    (an_attempt("CLOSED"), Name.READY),
    (an_attempt("CLOSED", expires_at=NOW - timedelta(seconds=9)), Name.CODE_EXPIRED),
]


@pytest.mark.parametrize(("attempt", "name"), ENDED_PAGES)
def test_a_proved_end_may_be_followed_by_a_new_attempt(attempt: Attempt, name: Name) -> None:
    state = shown(a_payment(), [attempt])
    assert state.name == name
    assert state.is_payable
    assert state.no_money_taken
    assert state.latest_no == attempt.attempt_no


def test_a_new_payment_is_ready() -> None:
    state = shown(a_payment())
    assert (state.name, state.attempt, state.latest_no) == (Name.READY, None, "")


@pytest.mark.parametrize(
    ("payment", "attempt", "ending"),
    [
        (a_payment(), an_attempt("CLOSING"), Ending.GIVEN_UP),
        (a_payment(), an_attempt("CLOSING", expires_at=NOW), Ending.CODE_OVER),
        (a_payment(close_wanted="EXPIRED"), an_attempt("CLOSING"), Ending.TIME_OVER),
        (a_payment(close_wanted="CANCELLED"), an_attempt("CLOSING"), Ending.CANCELLED),
        (a_payment(expires_at=NOW), None, Ending.TIME_OVER),
        (a_payment(close_wanted="CANCELLED"), an_attempt("FAILED"), Ending.CANCELLED),
    ],
)
def test_an_end_that_is_awaited_says_why(payment: Payment, attempt: Attempt | None, ending: Ending) -> None:
    state = shown(payment, [attempt] if attempt else [])
    assert (state.name, state.ending) == (Name.CLOSING, ending)
    assert not state.is_payable


def test_time_alone_never_makes_a_payment_expired() -> None:
    state = shown(a_payment(expires_at=NOW - timedelta(days=1)), [an_attempt("PAYING", expires_at=NOW)])
    assert state.name == Name.CLOSING


@pytest.mark.parametrize(("because", "name"), [("EXPIRED", Name.EXPIRED), ("CANCELLED", Name.CANCELLED)])
def test_a_closed_payment_says_why(because: str, name: Name) -> None:
    state = shown(a_payment(state="CLOSED", close_wanted=because), [an_attempt("CLOSED")])
    assert (state.name, state.no_money_taken, state.is_terminal) == (name, True, True)


def test_a_closed_payment_with_an_unconfirmed_attempt_promises_nothing() -> None:
    old = an_attempt("UNKNOWN", superseded_at=NOW)
    state = shown(a_payment(state="CLOSED", close_wanted="EXPIRED"), [old, an_attempt("CLOSED")])
    assert (state.name, state.unsettled) == (Name.EXPIRED, (old,))
    assert not state.no_money_taken
    assert not state.is_terminal


def test_a_superseded_attempt_lets_the_next_one_start_but_is_told() -> None:
    old = an_attempt("UNKNOWN", superseded_at=NOW)
    state = shown(a_payment(), [old])
    assert (state.name, state.attempt, state.unsettled) == (Name.READY, None, (old,))
    assert not state.no_money_taken


def paid(*, more: Sequence[Attempt] = (), refunds: Sequence[Refund] = (), **said: bool) -> PageState:
    payer = an_attempt("SUCCEEDED")
    return shown(a_payment(state="PAID", paid_by_id=payer.pk, paid_at=NOW), [payer, *more], refunds, **said)


@pytest.mark.parametrize(
    ("state", "name", "terminal"),
    [
        (paid(), Name.SUCCEEDED, True),
        (paid(stopped=True), Name.ALREADY_PAID, True),
        (paid(refunds=[a_refund("REQUESTED")]), Name.SUCCEEDED, True),
        (paid(refunds=[a_refund("REJECTED")]), Name.SUCCEEDED, True),
        (paid(refunds=[a_refund("APPROVED")]), Name.REFUNDING, False),
        (paid(refunds=[a_refund("SUBMITTED", 100)]), Name.REFUNDING, False),
        (paid(refunds=[a_refund("UNKNOWN")]), Name.REFUNDING, False),
        (paid(refunds=[a_refund("FAILED")]), Name.REFUNDING, False),
        (paid(refunds=[a_refund("SUCCEEDED")]), Name.REFUNDED, True),
        (paid(refunds=[a_refund("SUCCEEDED", 100)]), Name.PART_REFUNDED, True),
        (paid(refunds=[a_refund("SUCCEEDED", 6_400), a_refund("SUCCEEDED", 6_400)]), Name.REFUNDED, True),
        (paid(refunds=[a_refund("REQUESTED", surplus=True)]), Name.DUPLICATE_REFUNDING, False),
        (paid(refunds=[a_refund("UNKNOWN", surplus=True)]), Name.DUPLICATE_REFUNDING, False),
        (paid(refunds=[a_refund("REJECTED", surplus=True)]), Name.DUPLICATE_REFUNDING, False),
        (paid(refunds=[a_refund("SUCCEEDED", surplus=True)]), Name.DUPLICATE_REFUNDED, True),
        (paid(more=[an_attempt("CLOSING")]), Name.SUCCEEDED, False),
    ],
)
def test_a_paid_payment_tells_where_its_money_is(state: PageState, name: Name, terminal: bool) -> None:
    assert (state.name, state.is_terminal, state.no_money_taken) == (name, terminal, False)


@pytest.mark.parametrize(
    ("refund", "name"), [("APPROVED", Name.PAID_LATE), ("FAILED", Name.PAID_LATE), ("SUCCEEDED", Name.LATE_REFUNDED)]
)
def test_money_that_came_too_late_is_told_until_it_is_back(refund: str, name: Name) -> None:
    late = an_attempt("SUCCEEDED", surplus=True)
    payment = a_payment(state="CLOSED", close_wanted="EXPIRED")
    state = shown(payment, [late], [a_refund(refund, surplus=True)])
    assert (state.name, state.no_money_taken, state.extra) == (name, False, (late,))


def test_a_wrong_amount_leaves_the_payment_payable_but_is_told() -> None:
    wrong = an_attempt("SUCCEEDED", surplus=True)
    refund = a_refund("APPROVED", surplus=True)
    state = shown(a_payment(), [wrong], [refund])
    assert (state.name, state.refunds, state.no_money_taken) == (Name.READY, (refund,), False)


def test_every_state_is_reached() -> None:
    reached = {name for _, name in LIVE_PAGES} | {name for _, name in ENDED_PAGES}
    reached |= {Name.EXPIRED, Name.CANCELLED, Name.PAID_LATE, Name.LATE_REFUNDED, Name.SUCCEEDED, Name.ALREADY_PAID}
    reached |= {Name.REFUNDING, Name.REFUNDED, Name.PART_REFUNDED, Name.DUPLICATE_REFUNDING, Name.DUPLICATE_REFUNDED}
    assert reached == set(Name)


def test_the_version_changes_with_what_is_shown_and_with_nothing_else() -> None:
    payment, attempt = a_payment(), an_attempt("PAYING")
    before = shown(payment, [attempt]).version
    attempt.asked_count = 2
    assert shown(payment, [attempt]).version == before
    later = page_state(payment, [attempt], [], attempt.expires_at)
    assert later.version != before


def test_an_open_page_is_drawn_anew_when_the_last_way_out_opens() -> None:
    payment, attempt = a_payment(), an_attempt("CLOSING", created_at=NOW, asked_count=3)
    before = shown(payment, [attempt])
    after = page_state(payment, [attempt], [], NOW + timedelta(minutes=2))
    assert (before.may_pay_again, after.may_pay_again) == (False, True)
    assert before.version != after.version

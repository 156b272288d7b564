"""The numbers that we give out: typing errors show, every channel accepts them, nobody guesses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payhub import numbers

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
AT = datetime(2026, 5, 4, 23, 30, tzinfo=UTC)
MAKERS: list[Callable[[datetime], str]] = [
    numbers.payment_no,
    lambda at: numbers.attempt_no(at, "W", "Q"),
    numbers.refund_no,
    numbers.order_no,
    numbers.event_id,
]
NUMBERS = (
    st.text(ALPHABET, min_size=1, max_size=23)
    .map(lambda body: body + numbers.check_character(body))
    .filter(lambda number: number[-1] in ALPHABET)
)


@given(number=NUMBERS, at=st.integers(0, 23), typed=st.sampled_from(ALPHABET))
def test_every_mistyped_character_shows(number: str, at: int, typed: str) -> None:
    at %= len(number)
    wrong = number[:at] + typed + number[at + 1 :]
    assert numbers.is_well_formed(wrong) is (wrong == number)


@given(number=NUMBERS, at=st.integers(0, 22))
def test_every_swap_of_neighbours_shows(number: str, at: int) -> None:
    at %= len(number) - 1
    wrong = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assert numbers.is_well_formed(wrong) is (wrong == number)


def test_no_two_neighbours_can_be_swapped_unseen_whatever_stands_before_them() -> None:
    """Every pair behind every remainder: random numbers would meet a weak pair once in hundreds of tries."""
    starts = {numbers.check_character(start): start for start in map("".join, product(ALPHABET, repeat=2))}
    assert len(starts) == 37
    for start in starts.values():
        for first, second in combinations(ALPHABET, 2):
            assert numbers.check_character(start + first + second) != numbers.check_character(start + second + first)
        for last in ALPHABET:  # the check character has a neighbour, too
            check = numbers.check_character(start + last)
            assert check in {last, "*"} or numbers.check_character(start + check) != last


def test_the_check_character_is_the_standards() -> None:
    assert numbers.check_character("G123489654321") == "Y"  # ISO 7064 MOD 37-2, as blood donations are numbered


@pytest.mark.parametrize("text", ["", "A", "a0", "P 1", "P*", "Ｐ1", "P1\n"])
def test_what_is_no_number_is_not_well_formed(text: str) -> None:
    assert not numbers.is_well_formed(text)


@pytest.mark.parametrize("make", MAKERS)
def test_every_channel_accepts_them(make: Callable[[datetime], str]) -> None:
    for _ in range(200):
        number = make(AT)
        assert re.fullmatch(r"[0-9A-Z]{8,24}", number)  # UnionPay is the strictest: 8 to 32 letters and digits
        assert numbers.is_well_formed(number)


def test_a_number_tells_its_kind_day_channel_and_method() -> None:
    assert numbers.payment_no(AT).startswith("P260504")
    assert numbers.attempt_no(AT, "W", "Q").startswith("A260504WQ")
    assert numbers.refund_no(AT).startswith("R260504")
    assert numbers.order_no(AT).startswith("O260504")
    assert numbers.event_id(AT).startswith("E260504")


def test_the_day_is_the_same_wherever_the_clock_stands() -> None:
    beijing = AT.astimezone(timezone(timedelta(hours=8)))
    assert beijing.day == 5
    assert numbers.payment_no(beijing).startswith("P260504")


def test_no_two_are_the_same() -> None:
    assert len({numbers.payment_no(AT) for _ in range(2_000)}) == 2_000
    assert len({numbers.token() for _ in range(2_000)}) == 2_000


def test_an_address_cannot_be_guessed() -> None:
    assert re.fullmatch(r"[0-9a-z]{32}", numbers.token())


def test_a_handed_in_source_decides_and_is_taken_away_again() -> None:
    with numbers.replaced_by(lambda n: 7):
        assert numbers.nonce() == "7" * 32
        assert numbers.fraction() == 7 / 1_000_000
    assert numbers.nonce() != "7" * 32


@given(st.integers(0, 999_999))
def test_a_fraction_is_below_one(drawn: int) -> None:
    with numbers.replaced_by(lambda n: drawn):
        assert 0 <= numbers.fraction() < 1

"""Money: exact, never a float, never two currencies in one sum."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payhub.money import MINOR_DIGITS, SYMBOLS, Money

MINORS = st.integers(-(10**15) + 1, 10**15 - 1)
CURRENCIES = st.sampled_from(sorted(MINOR_DIGITS))


@given(minor=MINORS, currency=CURRENCIES)
def test_what_is_written_reads_back_as_the_same_amount(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert Money.from_major(money.to_major(), currency) == money


@given(minor=MINORS, currency=CURRENCIES)
def test_people_and_channels_are_told_the_same_exact_amount(minor: int, currency: str) -> None:
    exact = Decimal(minor).scaleb(-MINOR_DIGITS[currency])
    money = Money(minor, currency)
    assert Decimal(money.to_major()) == exact
    assert Decimal(str(money).replace(SYMBOLS[currency], "").replace(",", "")) == exact


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.30", "CNY", 1230),
        ("12.3", "CNY", 1230),
        ("12", "CNY", 1200),
        ("0.01", "CNY", 1),
        ("-0.01", "CNY", -1),
        ("0.1000", "CNY", 10),
        ("100", "JPY", 100),
        ("999999999999999.99", "CNY", 99_999_999_999_999_999),
    ],
)
def test_amounts_are_read_exactly(text: str, currency: str, minor: int) -> None:
    assert Money.from_major(text, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "text",
    ["", " 1", "1 ", "+1", "1,000", "1.", ".5", "1e3", "0x10", "NaN", "inf", "1_000", "--1", "12.345", "1\n", "１", "٣", "½"],
)  # fmt: skip
def test_anything_else_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        Money.from_major(text, "CNY")


@given(st.text(max_size=12))
def test_no_text_reads_as_an_amount_that_it_does_not_say(text: str) -> None:
    try:
        money = Money.from_major(text, "EUR")
    except ValueError:
        return
    assert Decimal(text) * 100 == money.minor


def test_a_yen_has_no_parts() -> None:
    with pytest.raises(ValueError, match="more decimals than JPY"):
        Money.from_major("12.30", "JPY")
    assert Money(1200, "JPY").to_major() == "1200"


@pytest.mark.parametrize("minor", [1.0, "1", Decimal(1), True, None])
def test_minor_units_are_an_int_and_nothing_like_it(minor: Any) -> None:
    with pytest.raises(TypeError, match="are an int"):
        Money(minor, "CNY")


@pytest.mark.parametrize("currency", ["", "cny", "XXX", "RMB"])
def test_an_unknown_currency_is_refused(currency: str) -> None:
    with pytest.raises(ValueError, match="not a currency"):
        Money(1, currency)
    with pytest.raises(ValueError, match="not a currency"):
        Money.from_major("1", currency)


def test_the_same_number_of_another_currency_is_another_amount() -> None:
    assert Money(100, "CNY") != Money(100, "USD")
    assert Money(100, "CNY") == Money(100, "CNY")


def test_an_amount_never_changes() -> None:
    money = Money(100, "CNY")
    with pytest.raises(FrozenInstanceError):
        money.minor = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("money", "words"),
    [
        (Money(128_000, "CNY"), "¥1,280.00"),
        (Money(5, "CNY"), "¥0.05"),
        (Money(-128_000, "USD"), "-$1,280.00"),
        (Money(1_234, "JPY"), "JP¥1,234"),
    ],
)
def test_people_read_symbols_and_groups(money: Money, words: str) -> None:
    assert str(money) == words

"""Money: an integer count of minor units (fen, cents) and an ISO 4217 code. Never a float. Plain Python."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# Minor digits by currency (ISO 4217). A currency that is not here is refused, never guessed.
MINOR_DIGITS = {"CNY": 2, "USD": 2, "EUR": 2, "GBP": 2, "HKD": 2, "JPY": 0}
SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"}
_MAJOR = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,4}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of one currency; arithmetic never mixes currencies."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Minor units are an int, not {type(self.minor).__name__}.")
        if self.currency not in MINOR_DIGITS:
            raise ValueError(f"{self.currency!r} is not a currency that payhub knows.")

    @classmethod
    def from_major(cls, text: str, currency: str) -> Money:
        """Read `"12.30"` exactly; raise ValueError on anything else, more decimals than the currency has included."""
        if currency not in MINOR_DIGITS:
            raise ValueError(f"{currency!r} is not a currency that payhub knows.")
        found = _MAJOR.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not an amount.")
        whole, decimals = found[1], found[2] or ""
        digits = MINOR_DIGITS[currency]
        if decimals[digits:].strip("0"):
            raise ValueError(f"{text!r} has more decimals than {currency} knows.")
        return cls(int(whole + decimals[:digits].ljust(digits, "0")), currency)  # "-0" + "05" is -5

    def to_major(self) -> str:
        """The amount as the channels and people write it: `"12.30"`, no symbol, no grouping."""
        digits = MINOR_DIGITS[self.currency]
        return f"{Decimal(self.minor).scaleb(-digits):.{digits}f}"

    def __str__(self) -> str:
        """The amount for people: `¥1,280.00`."""
        digits = MINOR_DIGITS[self.currency]
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{SYMBOLS[self.currency]}{Decimal(abs(self.minor)).scaleb(-digits):,.{digits}f}"

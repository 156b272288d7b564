"""The kinds of fields that the API reads and shows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from rest_framework import serializers

from payhub.money import MINOR_DIGITS

MAX_AMOUNT_MINOR = 10_000_000_000


def lower(values: Iterable[str]) -> list[str]:
    """Return states as the API says them."""
    return [value.lower() for value in values]


class Text(serializers.CharField):
    """One line of text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"trim_whitespace": False, **options})

    def to_internal_value(self, data: Any) -> str:
        """Take strings only: a number that becomes a text is read differently by everybody."""
        if not isinstance(data, str):
            self.fail("invalid")
        if any(ord(character) < 32 or ord(character) == 127 for character in data):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Words(serializers.CharField):
    """Some lines of text."""

    def to_internal_value(self, data: Any) -> str:
        """Take strings only, and of what cannot be seen only ends of lines and tabs."""
        if not isinstance(data, str) or any((ord(one) < 32 and one not in "\n\r\t") or ord(one) == 127 for one in data):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Amount(serializers.IntegerField):
    """Minor units: fen, cents."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": MAX_AMOUNT_MINOR, **options})

    def to_internal_value(self, data: Any) -> int:
        """Take whole JSON numbers only, neither texts nor 12.0 nor true."""
        if type(data) is not int:
            self.fail("invalid")
        return int(super().to_internal_value(data))


class Currency(serializers.ChoiceField):
    """An ISO 4217 code."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=sorted(MINOR_DIGITS), **options)


class Number(serializers.RegexField):
    """A number of the merchant's own: letters, digits, - and _."""

    def __init__(self, **options: Any) -> None:
        super().__init__(regex=r"^[A-Za-z0-9_-]+\Z", max_length=64, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """Take strings only."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class PayerId(serializers.RegexField):
    """The shopper's id at a channel, as the channel gave it (WeChat's openid)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(regex=r"^[A-Za-z0-9_-]*\Z", max_length=128, trim_whitespace=False, **options)

    def to_internal_value(self, data: Any) -> str:
        """Take strings only."""
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Moment(serializers.DateTimeField):
    """RFC 3339, UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

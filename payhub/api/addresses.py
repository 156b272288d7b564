"""How things are named in the addresses of the API."""

from __future__ import annotations

from django.urls import register_converter


class NumberConverter:
    """A number of ours or of the merchant's."""

    regex = "[A-Za-z0-9_-]{1,64}"

    def to_python(self, value: str) -> str:
        """Take it as it is."""
        return value

    to_url = to_python


register_converter(NumberConverter, "number")

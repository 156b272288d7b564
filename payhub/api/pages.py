"""Pages of lists: newest first, by a cursor, so that they neither shift nor get slower."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from rest_framework import serializers

from payhub.api.fields import Number
from payhub.api.view import Said

MAX_LIMIT = 100
T = TypeVar("T")


class PageAsked(Said):
    """Which page of a list."""

    limit = serializers.IntegerField(min_value=1, max_value=MAX_LIMIT, default=20, help_text="How many at most.")
    after = Number(required=False, default="", help_text="`next` of the page before.")


class PageShown(serializers.Serializer[Any]):
    """A page of a list."""

    has_more = serializers.BooleanField()
    next = serializers.CharField(help_text="What to send as `after` for the next page; empty at the end.")


def page(found: Sequence[T], limit: int, show: Callable[[list[T]], list[Any]], number: Callable[[T], str]) -> Any:
    """Return the page of at most `limit` things; one more than that was read, to know whether there are more."""
    shown = list(found[:limit])
    has_more = len(found) > limit
    return {"data": show(shown), "has_more": has_more, "next": number(shown[-1]) if has_more else ""}

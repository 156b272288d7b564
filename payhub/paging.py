"""Pages of lists whose length nobody needs to know exactly."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator

if TYPE_CHECKING:
    AnyPaginator = Paginator[Any]
else:
    AnyPaginator = Paginator

MOST_COUNTED = 10_000


class QuickPaginator(AnyPaginator):
    """Counts no further than MOST_COUNTED: counting all rows of a large table takes longer than showing fifty.

    Whoever looks for older rows searches or filters.
    """

    @cached_property
    def count(self) -> int:
        """How many rows can be leafed through."""
        return min(MOST_COUNTED, self._counted)

    @property
    def is_cut(self) -> bool:
        """Whether there are more than can be leafed through."""
        return self._counted > MOST_COUNTED

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[: MOST_COUNTED + 1].count())

"""What reading a bill has in common among channels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import httpx

from cashier.channels.base import BillLine, BillNotReady, BillUnusable, Outcome, UnreadableLine
from cashier.channels.trouble import Trouble
from payhub.money import Money

DOWNLOAD_TIMEOUT_S = 60.0

Lines = Iterator[BillLine | UnreadableLine]


class UnreadableRow(Exception):
    """Inside a reader: this row cannot be read, and why."""


class Row(Protocol):
    """What can be asked for a named cell."""

    def __getitem__(self, name: str) -> str: ...


def is_empty(trouble: Trouble) -> bool:
    """Return True when the channel says that the day has no trades; raise BillNotReady or BillUnusable otherwise."""
    if trouble.outcome is Outcome.NOT_FOUND:
        return True
    if trouble.outcome is Outcome.REFUSED:
        raise BillUnusable(f"The channel refuses the bill: {trouble.code} {trouble.message}") from trouble
    raise BillNotReady(f"There is no bill yet: {trouble.code}") from trouble


def download(fetch: Callable[[str], httpx.Response], url: str) -> bytes:
    """Fetch a bill's file; raise BillNotReady when it does not come (its address lives seconds: ask for a new one)."""
    if not url.startswith(("https://", "http://")):
        raise BillUnusable("The bill's address is none.")
    try:
        response = fetch(url)
    except httpx.HTTPError as error:
        raise BillNotReady(f"The bill did not come: {type(error).__name__}.") from error
    except Trouble as trouble:
        raise BillNotReady(f"The bill did not come: {trouble.code}.") from trouble
    if response.status_code != 200:
        raise BillNotReady(f"The bill did not come: HTTP {response.status_code}.")
    return response.content


def cells_by_name(names: list[str], cells: list[str]) -> dict[str, str]:
    """Return the cells of a row by column; raise UnreadableRow when there are too many or too few."""
    if len(cells) != len(names):
        raise UnreadableRow(f"It has {len(cells)} cells where the bill has {len(names)} columns.")
    return dict(zip(names, cells, strict=True))


def amount_of(row: Row, name: str, *, sign: int = 1) -> Money:
    """Return a cell in yuan as a positive amount; raise UnreadableRow when it is none, or of the wrong `sign`."""
    try:
        minor = Money.from_major(row[name], "CNY").minor * sign
    except ValueError as error:
        raise UnreadableRow(f"{name} is not an amount.") from error
    if minor <= 0:
        raise UnreadableRow(f"{name} is not above zero, the way the money went.")
    return Money(minor, "CNY")

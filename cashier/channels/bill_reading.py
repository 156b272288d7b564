"""What reading a bill has in common among channels."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import IO, BinaryIO

import httpx

from cashier.channels.base import BillLine, BillNotReady, BillUnusable, Outcome, UnreadableLine
from cashier.channels.trouble import Trouble
from payhub.money import Money

DOWNLOAD_TIMEOUT_S = 60.0
FREE_BYTES = 64 << 20  # any bill may become as big as this when it is unpacked
MAX_SWELLING = 100  # and a big one a hundred times as big as it came (true ones: 8 to 20 times)
MAX_LINE_BYTES = 64 << 10
_PIECE_BYTES = 1 << 20

Lines = Iterator[BillLine | UnreadableLine]


class UnreadableRow(Exception):
    """Inside a reader: this row cannot be read, and why."""


def is_empty(trouble: Trouble) -> bool:
    """Return True when the channel says that the day has no trades; raise BillNotReady or BillUnusable otherwise."""
    if trouble.outcome is Outcome.NOT_FOUND:
        return True
    if trouble.outcome is Outcome.REFUSED:
        raise BillUnusable(f"The channel refuses the bill: {trouble.code} {trouble.message}") from trouble
    raise BillNotReady(f"There is no bill yet: {trouble.code}") from trouble


def download(fetch: Callable[[str, BinaryIO], int], url: str, into: BinaryIO) -> None:
    """Fetch a bill's file; raise BillNotReady when it does not come (its address lives seconds: ask for a new one)."""
    if not url.startswith(("https://", "http://")):
        raise BillUnusable("The bill's address is none.")
    try:
        status = fetch(url, into)
    except httpx.HTTPError as error:
        raise BillNotReady(f"The bill did not come: {type(error).__name__}.") from error
    except Trouble as trouble:
        raise BillNotReady(f"The bill did not come: {trouble.code}.") from trouble
    if status != 200:
        raise BillNotReady(f"The bill did not come: HTTP {status}.")


def size_of(file: BinaryIO) -> int:
    """Return a file's size in bytes, and go to its beginning."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def lines_of(plain: IO[bytes], packed_bytes: int) -> Iterator[bytes]:
    """Give the lines without their ends. A file that swells or has endless lines is refused while it is read:
    whoever uploads a few bytes must not fill the memory."""
    left = FREE_BYTES + packed_bytes * MAX_SWELLING
    tail = b""
    while piece := plain.read(_PIECE_BYTES):
        left -= len(piece)
        if left < 0:
            raise BillUnusable("The bill swells beyond all measure when it is unpacked.")
        lines = (tail + piece).split(b"\n")
        tail = lines.pop()
        if len(tail) > MAX_LINE_BYTES:
            raise BillUnusable("The bill has a line without an end.")
        for line in lines:
            yield line.rstrip(b"\r")
    if tail:
        yield tail.rstrip(b"\r")


@lru_cache(maxsize=1 << 16)  # prices repeat
def amount_of(text: str, name: str, currency: str = "CNY", *, sign: int = 1) -> Money:
    """Return a cell as a positive amount; raise UnreadableRow when it is none, or of the wrong `sign`."""
    try:
        money = Money.from_major(text, currency)
    except ValueError as error:
        raise UnreadableRow(f"{name} is not an amount.") from error
    if money.minor * sign <= 0:
        raise UnreadableRow(f"{name} is not above zero, the way the money went.")
    return money if sign > 0 else Money(-money.minor, currency)

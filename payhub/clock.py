"""The time. `now()` is the only caller of the system clock, so that tests and the simulation can be the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime


def _system() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the one caller of the system clock


_read: Callable[[], datetime] = _system


def now() -> datetime:
    """Return the current time, aware, UTC."""
    return _read()


@contextmanager
def replaced_by(read: Callable[[], datetime]) -> Iterator[None]:
    """Read the time from `read` inside the block, in every thread. For tests and the simulation only."""
    global _read  # noqa: PLW0603 - the seam itself
    before, _read = _read, read
    try:
        yield
    finally:
        _read = before

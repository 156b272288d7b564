"""The virtual clock: whole microseconds, moved by the kernel alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

BEGINS_AT = datetime(2026, 5, 4, 2, 0, tzinfo=UTC)  # ten in the morning in Beijing
SECOND = 1_000_000


class VirtualClock:
    """Stands still until the kernel moves it."""

    def __init__(self, at: int = 0) -> None:
        self.at = at  # microseconds since ten in the morning

    def __call__(self) -> datetime:
        """Return the time as payhub reads it."""
        return BEGINS_AT + timedelta(microseconds=self.at)

    def reach(self, at: int) -> None:
        """Move on to `at`; never back."""
        self.at = max(self.at, at)


def moment(at: datetime) -> int:
    """Return a time of payhub's as microseconds since the history began."""
    return (at - BEGINS_AT) // timedelta(microseconds=1)

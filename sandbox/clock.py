"""Two clocks: the machine's, which signatures carry, and the books', which can be set forward.

Trades, codes, refunds and bills live by the books' clock. Signatures always carry the machine's time: otherwise setting
the clock forward would make everybody's signature stale instead of making codes expire.
"""

from __future__ import annotations

import time

from sandbox.settings import Settings


class Clock:
    """The books' clock."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def now(self) -> float:
        """This function will give the books' time in epoch seconds."""
        return time.time() + float(self._settings["clock_offset_s"])

    @staticmethod
    def machine() -> float:
        """This function will give the machine's time in epoch seconds."""
        return time.time()

"""Signals that ask us to end."""

from __future__ import annotations

import signal
from types import FrameType


class EndSignals:
    """Notes SIGINT, SIGTERM and SIGHUP instead of dying of them.

    An exception out of a signal handler can strike between the start of a program and the line that remembers it, and
    leave that program behind. A note cannot: whoever waits looks at it.
    """

    def __init__(self) -> None:
        self._asked = False
        self._noted: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._note)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # nohup
            signal.signal(signal.SIGHUP, self._note)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._asked = True
        self._noted.append(number)

    def __bool__(self) -> bool:
        """Tell whether any signal came at all."""
        return self._asked

    def take(self) -> int | None:
        """Hand out the oldest signal not yet taken, or None."""
        return self._noted.pop(0) if self._noted else None

"""The trace of a history: one line a step, and a hash over all of them, by which two runs are compared."""

from __future__ import annotations

import hashlib
import re

from tests.simulation.virtual_clock import SECOND, VirtualClock

LINE = 200
_SAVEPOINT = re.compile(r'"s\d+_x\d+"')  # Django names them by the thread: the same run has other names elsewhere


class Trace:
    """Collects the steps; keeps the lines only if somebody wants to read them."""

    def __init__(self, clock: VirtualClock, *, keep: bool) -> None:
        self._clock = clock
        self._keep = keep
        self._hash = hashlib.blake2b(digest_size=16)
        self.lines: list[str] = []

    def note(self, who: str, what: str) -> None:
        """Add one step."""
        if "SAVEPOINT" in what:
            what = _SAVEPOINT.sub('"savepoint"', what)
        line = f"{self._clock.at} {who} {what}"
        self._hash.update(line.encode())
        if self._keep:
            flat = " ".join(what.split())
            self.lines.append(f"{self._clock.at / SECOND:11.3f} {who:<22} {flat[:LINE]}")

    @property
    def digest(self) -> str:
        """The hash of everything so far."""
        return self._hash.hexdigest()

"""How much history, until when, and from which seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

MOST_FRESH = 100  # orders that are being paid while the history ends
SETTLED_S = 3600  # all others have come to their end so long before


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The same plan makes the same rows."""

    orders: int
    cases: int
    seed: int
    until: datetime
    days: int

    @property
    def fresh(self) -> int:
        """How many of the newest orders are still being paid."""
        return min(MOST_FRESH, max(1, self.orders // 50))

    def values(self) -> dict[str, Any]:
        """Return what the batches ask for."""
        settled = self.orders - self.fresh
        return {
            "orders": self.orders,
            "cases": self.cases,
            "seed": str(self.seed),
            "until": self.until,
            "fresh": self.fresh,
            "settled": settled,
            "buyers": max(1, self.orders // 6),
            "step_s": (self.days * 86_400 - SETTLED_S) / max(1, settled),
        }

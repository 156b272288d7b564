"""What of orders can be measured."""

from __future__ import annotations

from payhub.metrics import Counter

# The same goods submitted again within seconds: a double click, a reload, a second tab.
submits_repeated = Counter(
    name="payhub_submits_repeated_total",
    says="Submits that made no second order, because the same had been submitted a moment before.",
    labels={"by": ("redis", "database")},
)

METRICS = [submits_repeated]

"""What can be measured: gauges read from rows, and counters of what leaves no row, which are kept in Redis.

Every app says its own in `<app>.metrics.METRICS`; `/metrics` shows them all (docs/metrics.md).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from itertools import product

from django.apps import apps
from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """How much of something stands in the rows now. `sql` selects the labels' values and then the number; it may use
    `%(now)s`, and must be answered from an index that does not grow with history."""

    name: str
    says: str
    labels: tuple[str, ...] = ()
    sql: str

    def read(self, now: datetime) -> Iterator[Sample]:
        """Ask the database."""
        with connection.cursor() as cursor:
            cursor.execute(self.sql, {"now": now})
            for *values, number in cursor.fetchall():
                yield dict(zip(self.labels, map(str, values), strict=True)), float(number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """How often something happened, in all processes together. A Redis that is away counts nothing; one that was
    emptied begins at zero, which whoever reads counters expects."""

    name: str
    says: str
    labels: Mapping[str, tuple[str, ...]]  #: Every label with all of its values: each is shown, at zero too.

    def count(self, **values: str) -> None:
        """Count one more; never fails."""
        key = self._key(values)
        try:
            try:
                cache.incr(key)
            except ValueError:  # the first one
                if not cache.add(key, 1, timeout=None):
                    cache.incr(key)
        except (RedisError, ValueError):
            log.warning("cannot count %s: Redis is away", self.name)

    def read(self, now: datetime) -> Iterator[Sample]:
        """Ask Redis; raise RedisError when it is away."""
        every = [dict(zip(self.labels, values, strict=True)) for values in product(*self.labels.values())]
        found = cache.get_many([self._key(values) for values in every])
        for values in every:
            yield values, float(found.get(self._key(values), 0))

    def _key(self, values: Mapping[str, str]) -> str:
        return f"count:{self.name}:" + ":".join(values[label] for label in self.labels)


def all_metrics() -> list[Gauge | Counter]:
    """Return the metrics of all installed apps."""
    found: list[Gauge | Counter] = []
    for app in apps.get_app_configs():
        name = f"{app.name}.metrics"
        if app.name != "payhub" and find_spec(app.name) and find_spec(name):
            found += import_module(name).METRICS
    return found


def exposition(*, now: datetime) -> str:
    """Return every metric as text in Prometheus' format; counters are left out while Redis is away."""
    lines: list[str] = []
    for metric in all_metrics():
        kind = "counter" if isinstance(metric, Counter) else "gauge"
        try:
            samples = list(metric.read(now))
        except RedisError:
            continue
        lines += [f"# HELP {metric.name} {metric.says}", f"# TYPE {metric.name} {kind}"]
        lines += [f"{metric.name}{_written(labels)} {number:g}" for labels, number in samples]
    return "\n".join([*lines, ""])


def _written(labels: Mapping[str, str]) -> str:
    def quoted(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    inner = ",".join(f'{name}="{quoted(value)}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""

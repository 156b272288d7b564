"""From samples to figures, and from figures to the tables of docs/performance.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.rounds import Samples, median, percentile

BEGIN, END = "<!-- speed: begin -->", "<!-- speed: end -->"
WORDS = {
    "create": "create by API",
    "page": "page, ways to pay",
    "pay": "pay (POST)",
    "page_qr": "page, QR shown",
    "status": "status 200",
    "status_304": "status 304",
    "notify": "notification",
    "deliver": "order follows, news fanned out",
    "webhooks": "webhook sent",
    "query": "due attempt asked",
}
# The share of the floor's requests a second that payhub is meant to reach.
BUDGETS = {"create": 0.6, "pay": 0.6, "notify": 0.6, "status": 0.7, "status_304": 1.5, "page": 0.5, "page_qr": 0.5}
# Six systems measured by the same hands on two cores, as shares of a bare Django floor on the same machine.
PEERS = """\
| system | create / floor's create | pay / floor's pay with a provider call | status / floor's status |
|---|---|---|---|
| Vendure | 18 / 1578 = 1.1 % | 45.5 / 436 = 10 % | 247 / 1931 = 13 % |
| pretix | 16 / 1578 = 1.0 % | 9.7 / 436 = 2.2 % | 57 / 1931 = 3.0 % |
| Saleor | 4.7 / 1578 = 0.3 % | 15.6 / 436 = 3.6 % | 57.9 / 1931 = 3.0 % |
| Medusa | 7.5 / 1578 = 0.5 % | 7.8 / 436 = 1.8 % | 112 / 1931 = 5.8 % |"""


def figures_of(samples: Samples, counts: Mapping[str, Any]) -> dict[str, Any]:
    """Return medians by side and operation."""
    return {
        name: {
            op: {
                "rate": round(median(taken, "rate"), 1),
                "cpu_ms": round(median(taken, "cpu_ms"), 2),
                "database_ms": round(median(taken, "database_ms"), 2),
                "wal_bytes": round(median(taken, "wal_bytes")),
                "p50_ms": round(percentile(taken, 0.5), 1),
                "p99_ms": round(percentile(taken, 0.99), 1),
                "requests": sum(sample.done for sample in taken),
                "statements": counts.get(name, {}).get(op, {}),
            }
            for op, taken in ops.items()
        }
        for name, ops in samples.items()
    }


def ratios_of(figures: Mapping[str, Any], ours: str, theirs: str) -> dict[str, dict[str, float]]:
    """Return by operation how `ours` stands to `theirs`: requests a second, and processor time (theirs over ours)."""
    ratios = {}
    for op, mine in figures[ours].items():
        other = figures[theirs].get(op)
        if other:
            spent = [side["cpu_ms"] + side["database_ms"] for side in (mine, other)]
            ratios[op] = {
                "rate": round(mine["rate"] / other["rate"], 3),
                "cpu": round(spent[1] / max(spent[0], 0.01), 3),
            }
    return ratios


def ratio_table(figures: Mapping[str, Any], ours: str, theirs: str, *, budgets: bool) -> str:
    """Return a table of two sides."""
    ratios = ratios_of(figures, ours, theirs)
    head = f"| operation | {ours}: requests/s, p50, p99 | {theirs}: the same | CPU ms each (with PostgreSQL's) | requests/s, ratio | CPU, ratio |"
    lines = [head + (" budget |" if budgets else ""), "|---|---|---|---|---|---|" + ("---|" if budgets else "")]
    for op, ratio in ratios.items():
        mine, other = figures[ours][op], figures[theirs][op]
        speed = [f"{side['rate']:.0f}, {side['p50_ms']:.0f} ms, {side['p99_ms']:.0f} ms" for side in (mine, other)]
        spent = [side["cpu_ms"] + side["database_ms"] for side in (mine, other)]
        line = f"| {WORDS[op]} | {speed[0]} | {speed[1]} | {spent[0]:.2f} : {spent[1]:.2f} | {ratio['rate']:.0%} | {ratio['cpu']:.0%} |"
        if budgets:
            verdict = "holds" if ratio["rate"] >= BUDGETS[op] else "**not reached**"
            line += f" {BUDGETS[op]:.0%}: {verdict} |"
        lines.append(line)
    return "\n".join(lines)


def cost_table(figures: Mapping[str, Any], name: str) -> str:
    """Return what one operation of a side costs."""
    lines = [
        "| operation | statements, of them the transaction's | CPU ms | PostgreSQL's ms | WAL bytes |",
        "|---|---|---|---|---|",
    ]
    for op, figure in figures[name].items():
        told = figure["statements"]
        counted = f"{told['all']:.0f}, {told['all'] - told['own']:.0f}" if told else "–"
        lines.append(
            f"| {WORDS[op]} | {counted} | {figure['cpu_ms']:.2f} | {figure['database_ms']:.2f} | {figure['wal_bytes']} |"
        )
    return "\n".join(lines)


def put_section(text: str, section: str) -> str:
    """Return a document with its section on speed replaced; what others wrote around it stays."""
    before, found, rest = text.partition(BEGIN)
    if not found:
        return f"{text.rstrip()}\n\n{BEGIN}\n{section}\n{END}\n".lstrip()
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{section}\n{END}{after}"

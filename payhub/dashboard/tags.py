"""What the first page's template asks for."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django import template
from django.db.models import Max
from django_celery_beat.models import PeriodicTask

from payhub import clock
from payhub.dashboard.figures import Figure, all_figures, moments_of
from payhub.dashboard.models import Summary
from payhub.money import Money

register = template.Library()

STALE_AFTER = timedelta(minutes=5)
_WIDTH, _HEIGHT, _GAP, _WIDEST = 320, 60, 8, 28


@register.simple_tag
def dashboard() -> dict[str, Any]:
    """Return everything that the first page shows, from rows that the sweep keeps: two statements however much there is."""
    kept = {summary.name: summary for summary in Summary.objects.all()}
    now = clock.now()
    shown = [_shown(figure, kept[figure.name]) for figure in all_figures() if figure.name in kept]
    oldest = min((summary.counted_at for summary in kept.values()), default=None)
    return {
        "tiles": [figure for figure in shown if figure["shape"] in {"tile", "money"}],
        "charts": [figure for figure in shown if figure["shape"] == "bars"],
        "strips": [figure for figure in shown if figure["shape"] == "strip"],
        "counted_at": oldest,
        "is_stale": oldest is None or now - oldest > STALE_AFTER,
        "tick": PeriodicTask.objects.aggregate(at=Max("last_run_at"))["at"],
    }


def _shown(figure: Figure, summary: Summary) -> dict[str, Any]:
    rows: list[list[Any]] = summary.rows
    words = figure.words or {}
    link = figure.link
    for name, at in moments_of(summary.counted_at).items():
        link = link.replace(f"{{{name}}}", f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
    most = max((number for _, number in rows), default=0)
    wide = min(_WIDEST, (_WIDTH - _GAP * max(0, len(rows) - 1)) / max(1, len(rows)))
    bars = [
        {
            "label": words.get(label, label),
            "number": number,
            "link": link.replace("{label}", label),
            "mark": figure.marks[number] if figure.marks else ("", ""),
            "x": f"{place * (wide + _GAP):.1f}",
            "width": f"{wide:.1f}",
            "height": f"{(_HEIGHT - 4) * number / most if most else 0:.1f}",
            "y": f"{_HEIGHT - (_HEIGHT - 4) * number / most if most else _HEIGHT:.1f}",
        }
        for place, (label, number) in enumerate(rows)
    ]
    total = sum(number for _, number in rows)
    return {
        "name": figure.name,
        "label": figure.label,
        "shape": figure.shape,
        "link": link.partition("?")[0] if figure.shape == "strip" else link,
        "value": _value(figure, rows, total),
        "is_bad": figure.is_bad and total > 0,
        "bars": bars,
    }


def _value(figure: Figure, rows: list[list[Any]], total: int) -> str:
    if figure.shape == "money":
        return ", ".join(str(Money(number, currency)) for currency, number in rows) or "0"
    return f"{total:,}"

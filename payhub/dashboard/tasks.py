"""The sweep of the dashboard."""

from __future__ import annotations

from celery import shared_task

from payhub import clock
from payhub.dashboard.figures import count


@shared_task(name="payhub.dashboard.count")
def count_figures(**_: object) -> None:
    """Count every figure anew."""
    count(now=clock.now())

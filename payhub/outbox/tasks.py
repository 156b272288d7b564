"""The sweep of the outbox."""

from __future__ import annotations

from celery import shared_task

from payhub import clock
from payhub.outbox import deliver


@shared_task(name="payhub.outbox.deliver_due")
def deliver_due(**_: object) -> None:
    """Deliver what is due."""
    deliver.deliver_due(now=clock.now())

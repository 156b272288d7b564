"""The payment centre's sweeps. Each is safe to run twice, late, or at the same time as itself."""

from __future__ import annotations

from celery import shared_task

from cashier.channels.registry import CHANNELS
from cashier.services import end_payment, ledger_days, query, refund
from payhub import clock
from payhub.tasks import wake


@shared_task(name="cashier.query_due")
def query_due(**_: object) -> None:
    """Wake one sweep per channel, so that a slow one holds up nobody else."""
    for channel in CHANNELS:
        wake("cashier.query_channel", channel=channel)


@shared_task(name="cashier.query_channel")
def query_channel(*, channel: str, **_: object) -> None:
    """Ask one channel about what is due."""
    query.sweep(channel=channel)


@shared_task(name="cashier.send_refunds")
def send_refunds(**_: object) -> None:
    """Send approved refunds; end requests that nobody decided."""
    refund.send_approved(now=clock.now())
    refund.lapse_due(now=clock.now())


@shared_task(name="cashier.expire_due")
def expire_due(**_: object) -> None:
    """Begin the end of payments past their time."""
    end_payment.expire_due(now=clock.now())


@shared_task(name="cashier.close_ledger_days")
def close_ledger_days(**_: object) -> None:
    """Close the books of the days that are over."""
    ledger_days.close_days(now=clock.now())

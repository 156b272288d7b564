"""The books' sweeps. Each is safe to run twice, late, or at the same time as itself."""

from __future__ import annotations

from celery import shared_task

from payhub import clock
from reconciliation.services import expect, partitions, run


@shared_task(name="reconciliation.expect")
def expect_bills(**_: object) -> None:
    """Expect the bills of the days that are over; name those that are missing."""
    expect.expect_bills(now=clock.now())
    expect.miss_overdue(now=clock.now())


@shared_task(name="reconciliation.keep_months")
def keep_months(**_: object) -> None:
    """Make the partitions of bill lines in time, and detach those that are no longer needed."""
    partitions.keep_months(now=clock.now())


# Ten million lines take minutes. Redelivery meanwhile does no harm: one sweep at a time, and the wake expires. A sweep
# takes no new bill after half an hour; one that is ended by the limit all the same is gone on with by the next.
@shared_task(name="reconciliation.run_due", time_limit=3600)
def run_due(**_: object) -> None:
    """Run the bills whose time has come."""
    run.run_due(now=clock.now())

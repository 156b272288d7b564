"""A run's progress: on the bill's row, so that every page and a reload show it, and a cancel is heard."""

from __future__ import annotations

from datetime import datetime, timedelta

from payhub import clock
from reconciliation.models import Bill
from reconciliation.states import Step

TELL_EVERY = timedelta(seconds=1)


class Cancelled(Exception):
    """Somebody cancelled the run."""


class Progress:
    """Tells where a run is; at most once a second, but for a new step."""

    def __init__(self, bill_id: int) -> None:
        self._bill_id = bill_id
        self._told_at: datetime | None = None

    def enter(self, step: Step) -> None:
        """Begin a step; raise Cancelled."""
        self._told_at = clock.now()
        self._tell(step=step, step_at=self._told_at, done=0, total=0)

    def tell(self, done: int, total: int) -> None:
        """Tell how far the step is; raise Cancelled."""
        now = clock.now()
        if self._told_at is not None and now - self._told_at < TELL_EVERY:
            return
        self._told_at = now
        self._tell(done=done, total=max(done, total))

    def _tell(self, **values: object) -> None:
        mine = Bill.objects.filter(pk=self._bill_id, is_cancelled=False)
        if not mine.update(progressed_at=clock.now(), **values):
            raise Cancelled

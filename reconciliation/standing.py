"""How a day stands: for the run page, while it runs and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from reconciliation.models import Bill
from reconciliation.states import BillState, Step

STILL_AFTER = timedelta(minutes=2)  # no word of a run for so long: it died; the sweep takes it up again


class Standing(StrEnum):
    """What is going on."""

    CLOSED = "closed"
    CANCELLED = "cancelled"
    MOVING = "moving"
    DUE = "due"  # the next sweep takes it up
    WAITING = "waiting"  # for the channel's bill, or the neighbouring day's
    DECIDE = "decide"  # for people


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the run."""

    label: str
    is_over: bool
    is_current: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """A run, for people."""

    standing: Standing
    stages: list[Stage]
    done: int
    total: int
    per_s: int
    left_s: int

    @property
    def moves(self) -> bool:
        """Whether the page has to be looked at again."""
        return self.standing in {Standing.MOVING, Standing.DUE}


def progress_of(bill: Bill, now: datetime) -> Progress:
    """Return where a bill's run is: its steps, and how fast the current one goes."""
    steps = [step for step in Step if step != Step.DONE]
    standing = _standing(bill, now)
    at = _place(bill, steps)
    started = standing not in {Standing.DUE, Standing.WAITING} or at > 0
    stages = [Stage(str(step.label), number < at, number == at and started) for number, step in enumerate(steps)]
    lasted_s = (bill.progressed_at - bill.step_at).total_seconds() if bill.progressed_at and bill.step_at else 0.0
    per_s = int(bill.done / lasted_s) if lasted_s > 0 else 0
    left_s = max(bill.total - bill.done, 0) // per_s if per_s else 0
    return Progress(standing, stages, bill.done, bill.total, per_s, left_s)


def _place(bill: Bill, steps: Sequence[Step]) -> int:
    if bill.state == BillState.CLOSED:
        return len(steps)
    # A run that came through and left something to decide: what is left is to close the day.
    return len(steps) - 1 if bill.step == Step.DONE else steps.index(Step(bill.step))


def _standing(bill: Bill, now: datetime) -> Standing:
    if bill.state == BillState.CLOSED:
        return Standing.CLOSED
    if bill.is_cancelled:
        return Standing.CANCELLED
    if not bill.is_wanted:
        return Standing.DECIDE
    if bill.fetch_at > now:
        return Standing.WAITING
    is_at_it = bill.started_at is not None and bill.started_at >= bill.fetch_at and bill.step != Step.DONE
    is_heard = bill.progressed_at is not None and now - bill.progressed_at < STILL_AFTER
    return Standing.MOVING if is_at_it and is_heard else Standing.DUE

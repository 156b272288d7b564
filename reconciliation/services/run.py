"""A run: fetch, load, match, settle, close; each step is done or not, so that a run can end anywhere and go on."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from cashier.public import BillUnusable
from payhub import clock
from payhub.db import committed
from payhub.lane import lane
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from payhub.trail.record import SYSTEM, record
from reconciliation.errors import BillClosed, BillNotFound, RunUnderWay
from reconciliation.locks import lock_bill
from reconciliation.models import Bill
from reconciliation.services.close import close
from reconciliation.services.expect import expect_bill
from reconciliation.services.fetch import ASK_AGAIN_AFTER, fetch
from reconciliation.services.load import load
from reconciliation.services.match import match
from reconciliation.services.progress import Cancelled, Progress
from reconciliation.services.settle import needs_confirmation, settle_lines
from reconciliation.services.sweep import wake_sweep
from reconciliation.services.tell import tell_differences
from reconciliation.states import BillState, Step

log = logging.getLogger(__name__)

AT_A_TIME = 20
TAKEN_FOR = timedelta(minutes=30)  # then a sweep takes no new bill: the worker's limit is an hour


def run_day(account_code: str, day: date, *, actor: str) -> Bill:
    """Run an account's day now; return its bill. Raises BillNotFound, RunUnderWay."""
    bill = expect_bill(account_code, day)
    if bill is None:
        raise BillNotFound(
            f"There is no channel account {account_code}. Nothing was run; look at the list of accounts."
        )
    return run(bill.pk, actor=actor)


def run(bill_id: int, *, actor: str) -> Bill:
    """Run a bill as far as it goes, and return it as it stands then; going on where an earlier run ended.

    Raises RunUnderWay when another process is at it. A bill that cannot be used becomes an exception.
    """
    with lane(f"bill:{bill_id}") as is_mine:
        if not is_mine:
            raise RunUnderWay(_who_runs(bill_id))
        if _get(bill_id).state == BillState.CLOSED:
            return _get(bill_id)
        _begin(bill_id, actor, clock.now())
        progress = Progress(bill_id)
        try:
            _go(bill_id, progress, actor)
        except Cancelled:
            log.info("the run of bill %s was cancelled", bill_id)
        except BillUnusable as why:
            _refuse(bill_id, str(why), clock.now())
        return _get(bill_id)


def run_due(*, now: datetime) -> int:
    """Run the bills whose time has come; return how many. One sweep at a time, so that it holds one worker at most; and
    for a limited time, so that no worker is ended in the middle of a bill: the next sweep takes the rest."""
    with lane("bills") as is_mine:
        wanted = Bill.objects.filter(is_wanted=True, fetch_at__lte=now).exclude(state=BillState.CLOSED)
        due = list(wanted.order_by("fetch_at", "id").values_list("pk", flat=True)[:AT_A_TIME]) if is_mine else []
        for taken, bill_id in enumerate(due):
            if clock.now() - now >= TAKEN_FOR:
                return taken
            try:
                run(bill_id, actor=SYSTEM)
            except RunUnderWay:
                continue
            except Exception:
                # One bill's fault must not cost the others.
                log.exception("running bill %s failed", bill_id)
                Bill.objects.filter(pk=bill_id).update(fetch_at=clock.now() + ASK_AGAIN_AFTER)
    return len(due)


def _go(bill_id: int, progress: Progress, actor: str) -> None:
    progress.enter(Step.FETCH)
    if not fetch(_get(bill_id)):
        return
    progress.enter(Step.LOAD)
    load(_get(bill_id), progress)
    progress.enter(Step.MATCH)
    bill = match(bill_id, now=clock.now())
    progress.enter(Step.SETTLE)
    problem = needs_confirmation(bill)
    if not problem and settle_lines(bill, progress):
        match(bill_id, now=clock.now())  # what was settled is told from what is left, by one and the same look
    # The lines are the channel's word whether confirmed or not: how the day stands is said in any case.
    progress.enter(Step.CLOSE)
    if not problem:
        tell_differences(bill_id, now=clock.now())  # before the run is done: what dies here is told by the next one
    close(bill_id, actor=actor, problem=problem, now=clock.now())


def _begin(bill_id: int, actor: str, now: datetime) -> None:
    with committed():
        bill = lock_bill(bill_id)
        bill.is_cancelled, bill.is_wanted, bill.run_by = False, True, actor[:80]
        bill.started_at = bill.progressed_at = now
        bill.save(update_fields=["is_cancelled", "is_wanted", "run_by", "started_at", "progressed_at"])
        if actor != SYSTEM:
            record(subject=bill.subject, action="bill.run", actor=actor, at=now)


def _refuse(bill_id: int, why: str, now: datetime) -> None:
    """Keep the file that cannot be used, and ask for another: a channel mends its bills."""
    with committed():
        bill = lock_bill(bill_id)
        bill.problem, bill.fetch_at = why, now + ASK_AGAIN_AFTER
        bill.file, bill.is_wanted, bill.step = None, True, Step.FETCH
        bill.save(update_fields=["problem", "fetch_at", "file", "is_wanted", "step"])
        open_review(
            kind=Kind.BILL_UNUSABLE,
            subject=bill.subject,
            reason=f"{why} Nothing of it was booked. It is fetched again every half hour; get it from the channel's "
            "site and upload it if that does not help.",
            owner=Owner.OPERATIONS,
            at=now,
        )
        record(subject=bill.subject, action="bill.unusable", actor=SYSTEM, at=now, why=why)


def cancel(bill_id: int, *, actor: str, now: datetime) -> None:
    """Let a run stop at its next step or batch; it can be run again, and goes on. Raises BillClosed."""
    with committed():
        bill = lock_bill(bill_id)
        if bill.state == BillState.CLOSED:
            raise BillClosed
        bill.is_cancelled, bill.is_wanted = True, False
        bill.save(update_fields=["is_cancelled", "is_wanted"])
        record(subject=bill.subject, action="bill.cancelled", actor=actor, at=now)


def want(bill_id: int, *, actor: str, now: datetime) -> None:
    """Let the next sweep take a bill up. Raises BillClosed."""
    with committed():
        bill = lock_bill(bill_id)
        if bill.state == BillState.CLOSED:
            raise BillClosed
        bill.is_cancelled, bill.is_wanted, bill.fetch_at, bill.run_by = False, True, now, actor[:80]
        bill.save(update_fields=["is_cancelled", "is_wanted", "fetch_at", "run_by"])
        record(subject=bill.subject, action="bill.wanted", actor=actor, at=now)
        wake_sweep()


def _who_runs(bill_id: int) -> str:
    bill = _get(bill_id)
    if bill.started_at is None:
        return ""
    return f"{bill.run_by} runs {bill} already since {bill.started_at:%H:%M} UTC. Nothing was started; watch that run."


def _get(bill_id: int) -> Bill:
    return Bill.objects.select_related("file", "merchant").get(pk=bill_id)

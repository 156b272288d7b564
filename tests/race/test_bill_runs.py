"""Runs that end anywhere, and two at once, on real connections."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from cashier.models import LedgerEntry
from payhub import clock
from payhub.trail.record import SYSTEM
from reconciliation.errors import RunUnderWay
from reconciliation.models import Bill, BillLine
from reconciliation.services import load as loading
from reconciliation.services import reading
from reconciliation.services import run as running
from reconciliation.services.expect import expect_bill
from reconciliation.services.match import match
from reconciliation.services.progress import Progress
from reconciliation.services.run import cancel, run, run_day, run_due
from tests.conftest import MovedClock
from tests.integration.reconciliation.conftest import (
    ACCOUNT,
    DAY,
    Shop,
    buckets,
    everything,
    morning_after,
)
from tests.integration.reconciliation.conftest import shop as shop
from tests.integration.reconciliation.test_run import EVERY_BUCKET, broken, spoil

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_wakes", "heard")]


class Killed(BaseException):
    """The process died here: nothing catches this."""


def _dies(*_: Any, **__: Any) -> None:
    raise Killed


@pytest.mark.parametrize("step", ["fetch", "load", "match", "settle_lines", "close"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_that_is_killed_ends_in_the_same_books_when_it_is_run_again(
    shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch, step: str, after: bool
) -> None:
    spoil(shop)
    morning_after(moved_clock)
    shop.write_bill()
    real = getattr(running, step)

    def die(*args: Any, **kwargs: Any) -> None:
        if after:
            real(*args, **kwargs)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(running, step, die)
        with pytest.raises(Killed):
            run_day(ACCOUNT, DAY, actor=SYSTEM)
    again = run_day(ACCOUNT, DAY, actor=SYSTEM)
    assert again.state == "DIFFERENT"
    states = [(row["key"], row["bucket"], row["state"], row["verdict"]) for row in everything(again)[0]]
    assert len(states) == 9
    assert [row[2] for row in states].count("SETTLED") == 1
    assert LedgerEntry.objects.filter(account="suspense").count() == 1
    assert everything(run_day(ACCOUNT, DAY, actor=SYSTEM)) == everything(again)


# The dead leave their server-side cursors to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_run_that_dies_once_at_every_statement_ends_in_the_same_books(shop: Shop, moved_clock: MovedClock) -> None:
    spoil(shop)
    morning_after(moved_clock)
    shop.write_bill()
    died_at: set[str] = set()
    while not _comes_through(died_at):
        pass
    assert len(died_at) > 50
    again = Bill.objects.get()
    assert (again.state, again.lines) == ("DIFFERENT", BillLine.objects.count())
    assert buckets(again) == EVERY_BUCKET
    assert LedgerEntry.objects.filter(account="suspense").count() == 1
    assert broken() == set()


def _comes_through(died_at: set[str]) -> bool:
    """Run the day, and die at the first statement at which no run has died before; tell whether there was none."""

    def die(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        statement = str(sql)
        # What leaves the lane is no work: a connection that breaks leaves it as well.
        if statement not in died_at and "advisory_unlock" not in statement:
            died_at.add(statement)
            raise Killed
        return execute(sql, params, many, context)

    with connection.execute_wrapper(die), suppress(Killed):
        run_day(ACCOUNT, DAY, actor=SYSTEM)
        return True
    return False


def two_days(shop: Shop, moved_clock: MovedClock) -> list[Bill]:
    """Two days are sold and billed, and both bills are due."""
    for day in (DAY, DAY + timedelta(days=1)):
        shop.lines.clear()
        shop.sell()
        shop.write_bill(day)
        moved_clock.forward(hours=24)
    moved_clock.forward(hours=12)
    return [bill for day in (DAY, DAY + timedelta(days=1)) if (bill := expect_bill(ACCOUNT, day))]


def test_a_sweep_that_is_killed_in_the_middle_of_a_bill_is_gone_on_with_by_the_next(
    shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = two_days(shop, moved_clock)

    def die(progress: Progress, *_: int) -> None:
        if progress._bill_id == second.pk:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "tell", die)
        with pytest.raises(Killed):
            run_due(now=clock.now())
    assert [bill.state for bill in Bill.objects.order_by("id")] == ["CLOSED", "EXPECTED"]
    moved_clock.forward(hours=1)
    assert run_due(now=clock.now()) == 1
    assert [bill.state for bill in Bill.objects.order_by("id")] == ["CLOSED", "CLOSED"]
    # The first was not run again.
    begun = [bill.started_at for bill in Bill.objects.order_by("id") if bill.started_at]
    assert begun[1] - begun[0] == timedelta(hours=1)
    assert BillLine.objects.count() == sum(bill.lines for bill in Bill.objects.all()) == 2


def test_a_sweep_takes_no_new_bill_when_its_time_is_over(
    shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_days(shop, moved_clock)
    real = running.run

    def slowly(bill_id: int, *, actor: str) -> Bill:
        moved_clock.forward(minutes=31)
        return real(bill_id, actor=actor)

    monkeypatch.setattr(running, "run", slowly)
    assert run_due(now=clock.now()) == 1
    assert [bill.state for bill in Bill.objects.order_by("id")] == ["CLOSED", "EXPECTED"]
    assert run_due(now=clock.now()) == 1
    assert [bill.state for bill in Bill.objects.order_by("id")] == ["CLOSED", "CLOSED"]


def test_a_load_that_is_killed_in_the_middle_begins_again(
    shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for minor in range(100, 110):
        shop.sell(minor)
    morning_after(moved_clock)
    shop.write_bill()
    monkeypatch.setattr(reading, "BLOCK", 3)
    monkeypatch.setattr(loading, "BATCH", 1)
    with monkeypatch.context() as patch:
        patch.setattr(Progress, "tell", _dies)
        with pytest.raises(Killed):
            run_day(ACCOUNT, DAY, actor=SYSTEM)
    assert BillLine.objects.count() == 3  # a batch is there, and does not count
    assert Bill.objects.get().state == "EXPECTED"
    bill = run_day(ACCOUNT, DAY, actor=SYSTEM)
    assert (bill.state, bill.lines, BillLine.objects.count()) == ("CLOSED", 10, 10)


def test_two_runs_at_once_are_one(shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.sell()
    morning_after(moved_clock)
    shop.write_bill()
    inside, go_on = threading.Event(), threading.Event()
    real = match

    def wait(*args: Any, **kwargs: Any) -> Bill:
        inside.set()
        assert go_on.wait(30)
        return real(*args, **kwargs)

    monkeypatch.setattr(running, "match", wait)
    ended: list[Bill] = []

    def first() -> None:
        try:
            ended.append(run_day(ACCOUNT, DAY, actor="staff:ada"))
        finally:
            connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(30)
    with pytest.raises(RunUnderWay, match="staff:ada runs lantern-alpha 2026-05-04 already"):
        run_day(ACCOUNT, DAY, actor="staff:bo")
    go_on.set()
    thread.join(30)
    assert [bill.state for bill in ended] == ["CLOSED"]


def test_a_cancelled_run_stops_and_goes_on_when_it_is_run_again(
    shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.sell()
    morning_after(moved_clock)
    shop.write_bill()
    real = loading.load

    def load(bill: Bill, progress: Any) -> None:
        real(bill, progress)
        cancel(bill.pk, actor="staff:ada", now=moved_clock())

    with monkeypatch.context() as patch:
        patch.setattr(running, "load", load)
        bill = run_day(ACCOUNT, DAY, actor=SYSTEM)
    assert (bill.state, bill.is_cancelled, bill.is_wanted) == ("LOADED", True, False)
    assert run(bill.pk, actor=SYSTEM).state == "CLOSED"

"""Bill lines by month: the next months are there in time, and old ones go, but never what may still be needed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from payhub import clock
from reconciliation.models import BillLine
from reconciliation.services.partitions import detach_before, keep_months, make_partition
from reconciliation.tasks import keep_months as keep_months_task
from tests.conftest import MovedClock
from tests.integration.reconciliation.conftest import DAY, Shop, morning_after
from tests.integration.reconciliation.conftest import shop as shop

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]

MAY = "reconciliation_billline_2026_05"
NEXT_MONTH = (DAY + timedelta(days=40)).replace(day=1)


def attached() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'reconciliation_billline'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def test_the_next_month_is_made_in_time(moved_clock: MovedClock) -> None:
    keep_months_task()
    made = {f"reconciliation_billline_{clock.now():%Y_%m}", "reconciliation_billline_2026_06"}
    assert made <= attached()
    assert keep_months(now=clock.now()) == []
    assert made <= attached()


def test_a_closed_month_is_detached_after_thirteen_others_and_its_lines_are_kept(
    shop: Shop, moved_clock: MovedClock
) -> None:
    shop.sell()
    morning_after(moved_clock)
    assert shop.run().state == "CLOSED"
    assert keep_months(now=clock.now() + timedelta(days=365)) == []
    assert keep_months(now=clock.now() + timedelta(days=430)) == [MAY]
    assert MAY not in attached()
    assert not BillLine.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {MAY}")
        assert cursor.fetchone() == (1,)


def test_a_month_with_a_day_that_is_not_closed_stays(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    shop.lines.clear()
    morning_after(moved_clock)
    assert shop.run().state != "CLOSED"
    assert detach_before(NEXT_MONTH) == []
    assert MAY in attached()


def test_a_month_that_was_detached_comes_back_when_one_of_its_days_is_loaded(
    shop: Shop, moved_clock: MovedClock
) -> None:
    shop.sell()
    morning_after(moved_clock)
    shop.run()
    assert detach_before(NEXT_MONTH) == [MAY]
    make_partition(DAY)
    assert BillLine.objects.count() == 1

"""Telling of differences: once each, of what may have cost a buyer money, and never of a file that looks wrong."""

from __future__ import annotations

import pytest

from payhub import clock
from payhub.outbox.models import Event
from reconciliation.models import Difference
from reconciliation.services import tell
from reconciliation.services.tell import tell_differences
from tests.conftest import MovedClock
from tests.integration.reconciliation.conftest import Shop, morning_after
from tests.integration.reconciliation.test_resolve import short_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


def told() -> list[Event]:
    return list(Event.objects.filter(name="bill.differs"))


def test_another_amount_is_told_once_however_often_the_day_is_run(shop: Shop, moved_clock: MovedClock) -> None:
    difference = short_by(shop, moved_clock)
    shop.run()
    (event,) = told()
    assert event.subject == f"attempt:{difference.attempt_no}"
    assert (event.payload["bucket"], event.payload["amount_minor"]) == ("AMOUNT", 30)
    assert event.payload["merchant_order_no"]
    assert "9970 CNY there, 10000 CNY here" in event.payload["why"]


def test_what_only_our_books_have_is_nobodys_purchase(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    shop.lines.clear()
    morning_after(moved_clock)
    assert Difference.objects.filter(bill=shop.run(), bucket="LOCAL_ONLY").exists()
    assert told() == []


def test_too_many_at_once_are_not_told(shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tell, "AT_ONCE", 0)
    difference = short_by(shop, moved_clock)
    assert told() == []
    monkeypatch.setattr(tell, "AT_ONCE", 1)
    assert tell_differences(difference.bill_id, now=clock.now()) == 1
    assert len(told()) == 1

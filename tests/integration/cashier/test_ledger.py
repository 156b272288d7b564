"""The books: days are closed once, balances do not scan history, fees and settlements are booked once."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cashier.models import ChannelAccount, LedgerBalance, LedgerEntry
from cashier.services.ledger import book_fee, book_settlement
from cashier.services.ledger_days import balance, close_days
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from payhub import clock
from payhub.db import savepoint
from payhub.invariants import audit
from payhub.money import Money
from tests.conftest import MovedClock
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]
CHANNEL = "channel:lantern-alpha"


@pytest.fixture
def sell(new_payment: Any, alpha_account: ChannelAccount, alpha: Books) -> Any:
    """Sell for 128.00."""

    def one() -> None:
        choice = Choice(account_id=alpha_account.pk, method="qr")
        attempt = pay(payment_id=new_payment().pk, choice=choice, now=clock.now())
        alpha.pay(attempt.attempt_no)
        query_attempt(attempt_no=attempt.attempt_no)

    return one


def held() -> int:
    return balance(account=CHANNEL, currency="CNY", at=clock.now() + timedelta(seconds=1)).minor


def test_a_balance_is_the_last_closed_day_and_the_entries_since(sell: Any, moved_clock: MovedClock) -> None:
    sell()
    sell()
    assert held() == 25_600
    moved_clock.forward(days=1)
    sell()
    assert close_days(now=clock.now()) == 1
    assert LedgerBalance.objects.get(account=CHANNEL).balance_minor == 25_600
    assert held() == 38_400
    moved_clock.forward(days=3)
    assert close_days(now=clock.now()) == 3  # idle days are closed too
    assert close_days(now=clock.now()) == 0
    sell()
    assert held() == 51_200
    assert not [f.invariant.code for f in audit(now=clock.now()) if f.broken and f.invariant.code.startswith("M8")]


def test_a_day_is_not_closed_before_its_last_transactions_can_have_ended(sell: Any, moved_clock: MovedClock) -> None:
    sell()
    moved_clock.at = moved_clock.at.replace(hour=16, minute=30)  # half past midnight in Shanghai
    assert close_days(now=clock.now()) == 0
    moved_clock.forward(hours=1)
    assert close_days(now=clock.now()) == 1


def test_a_balance_after_a_closed_day_reads_only_what_came_since(sell: Any, moved_clock: MovedClock) -> None:
    sell()
    moved_clock.forward(days=2)
    close_days(now=clock.now())
    with CaptureQueriesContext(connection) as queries:
        assert held() == 12_800
    assert len(queries) == 2
    assert "booked_at" in queries.captured_queries[1]["sql"].split(">=")[0]


def test_fees_and_settlements_of_a_day_are_booked_once(alpha_account: ChannelAccount, sell: Any) -> None:
    sell()
    day = date(2026, 5, 4)
    for expected in (True, False):
        with savepoint():
            assert book_fee(account=alpha_account, day=day, money=Money(77, "CNY"), now=clock.now()) is expected
            paid_out = Money(12_723, "CNY")
            assert book_settlement(account=alpha_account, day=day, money=paid_out, now=clock.now()) is expected
    assert held() == 0
    accounts = set(LedgerEntry.objects.values_list("account", flat=True))
    assert accounts == {CHANNEL, "merchant:lantern", "fees:lantern-alpha", "bank:lantern-alpha"}

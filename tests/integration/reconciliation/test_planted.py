"""Planted errors: whatever a bill can be wrong in is found, named rightly, and found once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from cashier.models import ChannelFact, LedgerEntry
from cashier.services import channel_calls
from payhub import clock
from payhub.review.models import ReviewItem
from reconciliation.models import Bill, BillLine, Difference, FeeRule
from tests.bills.planted import (
    FORMATS,
    IN_ONE_CURRENCY,
    OF_A_PAYMENT,
    OF_A_REFUND,
    WRONG_FILES,
    Chance,
    Day,
    Format,
    WrongFile,
)
from tests.bills.row import Row
from tests.conftest import MovedClock, open_account
from tests.integration.reconciliation.conftest import ACCOUNT, DAY, Shop, everything, morning_after
from tests.integration.reconciliation.test_run import broken
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]
every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
# Beside those of the generator: a payment that we never heard of, one at midnight, one of another account of ours.
AT_LEAST = 14


@pytest.fixture
def opened(form: Format, shop: Shop, moved_clock: MovedClock) -> Shop:
    """The shop, whose channel writes its bills in a true format, on the day."""
    shop.books.bills_like = form.reader()
    channel_calls.forget_opened()
    FeeRule.objects.create(account_code=ACCOUNT, rate_ppm=6_000)
    return shop


def paid(shop: Shop, minor: int) -> Row:
    attempt = shop.sell(minor)
    (number,) = shop.books.trades[attempt.attempt_no].receipts
    return Row(attempt.attempt_no, minor, number, clock.now(), fee_minor=round(minor * 0.006))


def returned(shop: Shop, minor: int) -> tuple[Row, Row]:
    attempt = shop.sell(minor)
    refund = shop.give_back(attempt, minor // 2)
    (number,) = shop.books.trades[attempt.attempt_no].receipts
    sale = Row(attempt.attempt_no, minor, number, clock.now(), fee_minor=round(minor * 0.006))
    return sale, Row(attempt.attempt_no, minor // 2, number, clock.now(), refund_no=refund.refund_no)


def sold(shop: Shop, chance: Chance, count: int) -> list[Row | None]:
    return [paid(shop, chance.randrange(100, 500_000)) for _ in range(count)]


def planted(form: Format, shop: Shop, beta: Books, moved_clock: MovedClock, seed: int) -> tuple[Day, list[str]]:
    """Sell a day and plant one error of every kind in its bill; return it and the kinds."""
    chance = Chance(seed)
    day = Day(chance, sold(shop, chance, 10))
    of_payments = OF_A_PAYMENT | (IN_ONE_CURRENCY if form.names_currency else {})
    plants: list[Callable[[], None]] = []
    for plant in of_payments.values():
        sale = paid(shop, chance.randrange(1_000, 90_000))
        plants.append(lambda plant=plant, sale=sale: plant(day, sale))  # type: ignore[misc]
    for plant in OF_A_REFUND.values():
        sale, refund = returned(shop, chance.randrange(1_000, 90_000))
        day.put(sale)
        plants.append(lambda plant=plant, refund=refund: plant(day, refund))  # type: ignore[misc]
    chance.shuffle(plants)
    for act in plants:
        act()
    _state(day, shop)
    _other_account(day, shop, beta)
    _day_shift(day, shop, form, moved_clock)
    return day, [*of_payments, *OF_A_REFUND, "state", "another account's number", "day shift"]


def _state(day: Day, shop: Shop) -> None:
    attempt = shop.start(900)
    number = shop.books.pay(attempt.attempt_no)
    row = Row(attempt.attempt_no, 900, number, clock.now(), fee_minor=5)
    day.put(row)
    day.expects("STATE", row, "SETTLED")


def _other_account(day: Day, shop: Shop, beta: Books) -> None:
    other = Shop(beta, open_account(shop.account.merchant, "beta"), shop.new_payment)
    row = paid(other, 700)
    day.put(row)
    day.expects("ACCOUNT", row)


def _day_shift(day: Day, shop: Shop, form: Format, moved_clock: MovedClock) -> None:
    moved_clock.at = form.reader().bill_starts_at(DAY + timedelta(days=1)) - timedelta(minutes=1)
    day.expects("OTHER_DAY", paid(shop, 800), "WAITING")  # the channel has it in tomorrow's bill


def found(bill: Bill) -> list[tuple[str, ...]]:
    rows = Difference.objects.filter(bill=bill).exclude(state="AGREES")
    return sorted(rows.values_list("bucket", "state", "attempt_no", "refund_no"))


@every_format
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_planted_error_is_found_named_rightly_and_found_once(
    form: Format, seed: int, opened: Shop, beta: Books, moved_clock: MovedClock
) -> None:
    day, kinds = planted(form, opened, beta, moved_clock, seed)
    assert len({*kinds, *(wrong.name for wrong in WRONG_FILES)}) >= AT_LEAST
    opened.books.bills[DAY] = b"".join(form.write(day.rows, DAY))
    morning_after(moved_clock)
    bill = opened.run()
    assert found(bill) == sorted(day.expected)
    assert len(day.expected) == len(kinds)
    assert (bill.state, bill.lines) == ("DIFFERENT", len(day.rows))
    before = (everything(bill), list(LedgerEntry.objects.order_by("id").values()), ChannelFact.objects.count())
    moved_clock.forward(minutes=5)
    bill = opened.run()
    assert (everything(bill), list(LedgerEntry.objects.order_by("id").values()), ChannelFact.objects.count()) == before
    assert broken() == set()


# Stripe's list names no account: lines of another's would be numbers that are not ours.
@pytest.mark.parametrize(
    ("form", "wrong"),
    [
        pytest.param(form, wrong, id=f"{form.name}-{wrong.name}")
        for form in FORMATS
        for wrong in WRONG_FILES
        if form.other_account or wrong.name != "wrong account"
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_named_and_leaves_nothing(
    form: Format, wrong: WrongFile, opened: Shop, moved_clock: MovedClock
) -> None:
    day = Day(Chance(7), sold(opened, Chance(7), 12))
    opened.books.bills[DAY] = wrong.write(form, day.rows, DAY)
    morning_after(moved_clock)
    bill = opened.run()
    assert (bill.state, bill.lines, bill.file) == ("EXPECTED", 0, None)
    assert says(wrong, bill.problem), bill.problem
    assert not BillLine.objects.exists()
    assert ReviewItem.objects.get(resolved_at=None).kind == "BILL_UNUSABLE"
    opened.books.bills[DAY] = b"".join(form.write(day.rows, DAY))
    assert opened.run().state == "CLOSED"


def says(wrong: WrongFile, problem: str) -> bool:
    """Whether people learn what is wrong with the file."""
    words: dict[str, tuple[Any, ...]] = {
        "truncated": ("without its totals", "does not unpack", "has no end"),
        "wrong trailer": ("are not the sums", "how many lines"),
        "wrong encoding": ("UTF-8", "can be read", "columns", "no total", "has no end"),
        "wrong account": ("another merchant", "another seller"),
        "wrong day": ("another day", "not that of"),
    }
    return any(word in problem for word in words[wrong.name])

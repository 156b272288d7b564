"""A day's run: fetched, loaded, matched, settled, closed; and every bucket that a line or a success can lie in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from cashier.channels.base import BillKind, UnreadableLine
from cashier.models import ChannelAccount, ChannelFact, LedgerEntry, Payment, Refund
from cashier.services.ledger_days import balance
from payhub import clock
from payhub.invariants import audit
from payhub.money import Money
from payhub.review.models import ReviewItem
from reconciliation.models import Bill, Difference, FeeRule
from tests.conftest import MovedClock, open_account
from tests.integration.reconciliation.conftest import (
    ACCOUNT,
    DAY,
    Shop,
    buckets,
    everything,
    found,
    morning_after,
    sums_add_up,
    tallies,
)
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "heard")]


# What `spoil` plants.
EVERY_BUCKET = [
    "AMOUNT OPEN",
    "CHANNEL_ONLY OPEN",
    "CURRENCY OPEN",
    "DUPLICATE OPEN",
    "DUPLICATE OPEN",
    "LOCAL_ONLY OPEN",
    "LOCAL_ONLY OPEN",
    "STATE SETTLED",
    "UNREADABLE OPEN",
]


def held() -> int:
    return balance(account=f"channel:{ACCOUNT}", currency="CNY", at=clock.now() + timedelta(seconds=1)).minor


def broken() -> set[str]:
    """The broken invariants of money and books (events lie about: nobody delivers them here)."""
    codes = {finding.invariant.code for finding in audit(now=clock.now()) if finding.broken}
    return {code for code in codes if code[0] in "MR"}


def test_a_day_that_agrees_is_closed_and_booked(shop: Shop, moved_clock: MovedClock) -> None:
    attempt = shop.sell(12_800)
    shop.sell(5_000)
    shop.give_back(attempt, 300)
    assert held() == 17_500
    morning_after(moved_clock)
    bill = shop.run()
    assert bill.state == "CLOSED", bill.problem
    assert buckets(bill) == []
    assert tallies(bill) == {
        ("MATCHED", "PAYMENT"): (2, 17_800, 2, 17_800),
        ("MATCHED", "REFUND"): (1, 300, 1, 300),
    }
    assert held() == 0  # fees and the rest were taken out of what the channel holds
    fees, bank = (LedgerEntry.objects.get(account=f"{kind}:{ACCOUNT}").amount_minor for kind in ("fees", "bank"))
    assert (fees, bank) == (107, 17_393)
    assert broken() == set()


def test_a_day_without_trades_is_closed_without_a_file(shop: Shop, moved_clock: MovedClock) -> None:
    morning_after(moved_clock)
    shop.books.bills[DAY] = None
    bill = shop.run()
    assert (bill.state, bill.is_empty, bill.lines) == ("CLOSED", True, 0)


def test_a_bill_that_says_nothing_is_not_fine_when_we_sold(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    morning_after(moved_clock)
    shop.books.bills[DAY] = None
    bill = shop.run()
    assert bill.state == "DIFFERENT"
    assert buckets(bill) == ["LOCAL_ONLY OPEN"]


def test_s13_a_success_that_we_never_heard_of_pays_the_payment(shop: Shop, moved_clock: MovedClock) -> None:
    attempt = shop.start()
    shop.books.pay(attempt.attempt_no)
    shop.bill_payment(attempt)
    morning_after(moved_clock)
    bill = shop.run()
    assert Payment.objects.get(pk=attempt.payment_id).state == "PAID"
    assert ChannelFact.objects.get(verdict="PAYS").source == "BILL"
    assert buckets(bill) == ["STATE SETTLED"]
    assert bill.state == "CLOSED"
    assert sums_add_up(bill)
    assert broken() == set()


def test_s13_a_success_of_a_payment_that_ended_goes_back(shop: Shop, moved_clock: MovedClock) -> None:
    attempt = shop.start()
    Payment.objects.filter(pk=attempt.payment_id).update(state="CLOSED", close_wanted="CANCELLED")
    shop.books.pay(attempt.attempt_no)
    shop.bill_payment(attempt)
    morning_after(moved_clock)
    bill = shop.run()
    refund = Refund.objects.get()
    assert (refund.is_surplus, refund.amount_minor, refund.state) == (True, 12_800, "APPROVED")
    assert buckets(bill) == ["STATE SETTLED"]
    assert bill.state == "CLOSED"


def test_s14_a_line_there_twice_is_found_and_moves_nothing(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell()
    shop.lines.append(shop.lines[0])
    morning_after(moved_clock)
    bill = shop.run()
    assert buckets(bill) == ["DUPLICATE OPEN"]
    assert tallies(bill) == {
        ("MATCHED", "PAYMENT"): (1, 12_800, 1, 12_800),
        ("DUPLICATE", "PAYMENT"): (1, 12_800, 0, 0),
    }
    assert not Refund.objects.exists()


def test_s14_a_bill_that_is_run_twice_changes_nothing(shop: Shop, moved_clock: MovedClock) -> None:
    spoil(shop)
    morning_after(moved_clock)
    first = everything(shop.run())
    ledger = list(LedgerEntry.objects.order_by("id").values())
    facts = ChannelFact.objects.count()
    for _ in range(2):
        moved_clock.forward(minutes=5)
        assert everything(shop.run()) == first
    assert list(LedgerEntry.objects.order_by("id").values()) == ledger
    assert ChannelFact.objects.count() == facts


def spoil(shop: Shop) -> None:
    """Sell, and let the bill differ in every way that a bill of one day can."""
    for minor in (100, 200, 300, 400, 500, 600):
        shop.sell(minor)
    returned = [shop.give_back(shop.sell(1_000 + minor), minor) for minor in (10, 20)]
    shop.change_line(0, amount=Money(99, "CNY"))
    shop.change_line(1, amount=Money(200, "USD"))
    shop.lines.append(shop.lines[2])  # twice
    shop.bill(BillKind.PAYMENT, "A000000NOTOURS", 777, channel_trade_no="CHX1")  # extra
    late = shop.start(900)
    shop.books.pay(late.attempt_no)
    shop.bill_payment(late)  # state
    twice = next(line for line in shop.lines if getattr(line, "refund_no", "") == returned[0].refund_no)
    shop.lines.append(twice)  # refund there twice
    shop.lines.append(UnreadableLine(row=0, reason=""))
    missing = [
        line for line in shop.lines if getattr(line, "refund_no", "") == returned[1].refund_no or line is shop.lines[3]
    ]
    for line in missing:
        shop.lines.remove(line)


def test_every_line_and_every_success_lies_in_exactly_one_bucket(shop: Shop, moved_clock: MovedClock) -> None:
    spoil(shop)
    morning_after(moved_clock)
    bill = shop.run()
    assert bill.state == "DIFFERENT"
    assert buckets(bill) == EVERY_BUCKET
    assert tallies(bill) == {
        ("MATCHED", "PAYMENT"): (5, 300 + 500 + 600 + 1_010 + 1_020, 5, 300 + 500 + 600 + 1_010 + 1_020),
        ("MATCHED", "REFUND"): (1, 10, 1, 10),
        ("AMOUNT", "PAYMENT"): (1, 99, 1, 100),
        ("CHANNEL_ONLY", "PAYMENT"): (1, 777, 0, 0),
        ("CURRENCY", "PAYMENT"): tallies(bill)[("CURRENCY", "PAYMENT")],  # in two currencies
        ("DUPLICATE", "PAYMENT"): (1, 300, 0, 0),
        ("DUPLICATE", "REFUND"): (1, 10, 0, 0),
        ("LOCAL_ONLY", "PAYMENT"): (0, 0, 1, 400),
        ("LOCAL_ONLY", "REFUND"): (0, 0, 1, 20),
        ("STATE", "PAYMENT"): (1, 900, 0, 0),
        ("UNREADABLE", "UNREADABLE"): (1, 0, 0, 0),
    }
    assert broken() == set()


def test_money_for_a_number_that_is_not_ours_waits_for_a_name(shop: Shop, moved_clock: MovedClock) -> None:
    shop.bill(BillKind.PAYMENT, "A000000NOTOURS", 777, channel_trade_no="CHX1")
    morning_after(moved_clock)
    bill = shop.run()
    difference = Difference.objects.get(bill=bill)
    assert (difference.bucket, difference.state, difference.verdict) == ("CHANNEL_ONLY", "OPEN", "NOT_OURS")
    assert difference.is_booked
    assert held() == 777  # in suspense, with an exception
    assert set(ReviewItem.objects.values_list("kind", flat=True)) == {"UNKNOWN_NUMBER", "BILL_DIFFERENT"}


def test_a_return_that_we_never_asked_for_is_booked_and_waits_for_a_name(shop: Shop, moved_clock: MovedClock) -> None:
    attempt = shop.sell(1_000)
    shop.bill(BillKind.REFUND, attempt.attempt_no, 400, refund_no="HANDMADE1")
    morning_after(moved_clock)
    bill = shop.run()
    assert buckets(bill) == ["CHANNEL_ONLY OPEN"]
    assert held() == 600
    assert LedgerEntry.objects.get(account="suspense").amount_minor == 400


def test_two_receipts_of_one_number_are_two(shop: Shop, moved_clock: MovedClock) -> None:
    attempt = shop.sell(1_000)
    shop.bill_payment(attempt, channel_trade_no="CHSECOND")
    morning_after(moved_clock)
    bill = shop.run()
    assert buckets(bill) == ["CHANNEL_ONLY SETTLED"]
    assert Refund.objects.get().reason == "SURPLUS_SECOND"
    assert bill.state == "CLOSED"


def test_a_number_of_another_account_is_named_so(shop: Shop, moved_clock: MovedClock, beta: Books) -> None:
    other = Shop(beta, open_account(shop.account.merchant, "beta"), shop.new_payment)
    theirs = other.sell(700)
    shop.bill(BillKind.PAYMENT, theirs.attempt_no, 700, channel_trade_no="CHX")
    morning_after(moved_clock)
    assert buckets(shop.run()) == ["ACCOUNT OPEN"]


def test_a_line_without_the_channels_number_meets_its_success(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell(1_000)
    shop.change_line(0, channel_trade_no="")
    shop.sell(2_000)
    shop.change_line(1, channel_trade_no="", amount=Money(1_999, "CNY"))
    morning_after(moved_clock)
    bill = shop.run()
    assert buckets(bill) == ["AMOUNT OPEN"]
    assert tallies(bill)[("MATCHED", "PAYMENT")] == (1, 1_000, 1, 1_000)
    assert sums_add_up(bill)


def test_a_fee_that_the_contract_does_not_know_is_found(shop: Shop, moved_clock: MovedClock) -> None:
    FeeRule.objects.create(account_code=ACCOUNT, rate_ppm=6_000)
    shop.sell(10_000)
    shop.sell(20_000)
    shop.change_line(1, fee=Money(240, "CNY"))
    morning_after(moved_clock)
    bill = shop.run()
    assert list(found(bill).values()) == ["FEE OPEN"]
    assert sums_add_up(bill)


def test_a_refund_that_the_channel_only_accepted_is_no_fact_yet(shop: Shop, moved_clock: MovedClock) -> None:
    attempt = shop.sell(1_000)
    shop.books.refunds_are_final = False
    shop.give_back(attempt, 400)
    shop.change_line(1, is_final=False, state="PROCESSING")
    morning_after(moved_clock)
    bill = shop.run()
    assert buckets(bill) == ["STATE OPEN"]
    assert Refund.objects.get().state == "SUBMITTED"


def test_a_success_that_came_late_by_another_door_agrees_then(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell(100)
    shop.bill(BillKind.REFUND, "", 5)  # something to decide, so that the day stays open
    line = shop.lines.pop(0)
    morning_after(moved_clock)
    bill = shop.run()
    assert "LOCAL_ONLY OPEN" in buckets(bill)
    shop.lines.append(line)
    shop.books.bills[DAY] = None
    bill = replaced(bill, shop)
    assert "LOCAL_ONLY OPEN" not in buckets(bill)
    assert Difference.objects.get(bill=bill, bucket="LOCAL_ONLY").state == "AGREES"


def replaced(bill: Bill, shop: Shop) -> Bill:
    """Let the channel send a better file in place of the first."""
    bill = Bill.objects.get(pk=bill.pk)
    bill.replace()
    bill.file = None
    bill.save()
    shop.write_bill()
    return shop.run()


def test_the_line_of_a_payment_at_midnight_is_found_in_the_neighbours_bill(shop: Shop, moved_clock: MovedClock) -> None:
    moved_clock.at = moved_clock.at.replace(hour=15, minute=59)  # a minute before midnight in Beijing
    shop.sell(100)
    monday, shop.lines = shop.lines, []
    moved_clock.forward(minutes=5)
    shop.sell(200)
    shop.lines = [*monday, *shop.lines]  # the channel has both on Tuesday
    tuesday = DAY + timedelta(days=1)
    shop.books.bills[DAY] = None
    morning_after(moved_clock)
    first = shop.run()
    assert buckets(first) == ["OTHER_DAY WAITING"]
    assert first.state == "DIFFERENT"
    morning_after(moved_clock, tuesday)
    second = shop.run(tuesday)
    assert buckets(second) == ["OTHER_DAY NOTED"]
    assert second.state == "CLOSED"
    assert Bill.objects.get(pk=first.pk).is_wanted
    first = shop.run()
    assert buckets(first) == ["OTHER_DAY NOTED"]
    assert first.state == "CLOSED"
    assert held() == 0
    assert broken() == set()


def test_a_payment_at_midnight_that_the_neighbour_does_not_have_either_is_only_here(
    shop: Shop, moved_clock: MovedClock
) -> None:
    moved_clock.at = moved_clock.at.replace(hour=15, minute=59)
    shop.sell(100)
    tuesday = DAY + timedelta(days=1)
    shop.books.bills.update({DAY: None, tuesday: None})
    morning_after(moved_clock, tuesday)
    assert buckets(shop.run()) == ["OTHER_DAY WAITING"]
    shop.run(tuesday)
    assert buckets(shop.run()) == ["LOCAL_ONLY OPEN"]


def test_a_line_that_stood_in_yesterdays_bill_already_is_a_duplicate(shop: Shop, moved_clock: MovedClock) -> None:
    shop.sell(100)
    morning_after(moved_clock)
    shop.run()
    tuesday = DAY + timedelta(days=1)
    shop.change_line(0, occurred_at=clock.now())
    morning_after(moved_clock, tuesday)
    assert buckets(shop.run(tuesday)) == ["DUPLICATE OPEN"]


def test_an_account_of_two_days_ago_is_matched_by_day_whatever_the_order(
    shop: Shop, moved_clock: MovedClock, new_payment: Callable[..., Payment], alpha_account: ChannelAccount
) -> None:
    shop.sell(100)
    monday, shop.lines = shop.lines, []
    morning_after(moved_clock)
    shop.sell(200)
    tuesday = DAY + timedelta(days=1)
    shop.write_bill(tuesday)
    shop.lines = monday
    shop.write_bill(DAY)
    morning_after(moved_clock, tuesday)
    assert shop.run(tuesday).state == "CLOSED"
    assert shop.run(DAY).state == "CLOSED"

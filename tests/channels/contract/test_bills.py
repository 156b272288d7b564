"""Bills: every line is read or reported, and a bill that does not add up is not used."""

from __future__ import annotations

import contextlib
from datetime import date, datetime

import httpx
import pytest

from cashier.channels.base import BillKind, BillLine, BillNotReady, BillUnusable, UnreadableLine
from cashier.channels.beijing import BEIJING
from payhub.money import Money
from tests.channels.contract.cases import every_channel
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Billed, Counterpart

DAY = date(2026, 3, 1)


def _billed(side: Counterpart) -> list[Billed]:
    return [
        Billed(BillKind.PAYMENT, side.trade.attempt_no, 1230),
        Billed(BillKind.PAYMENT, "SomebodyElsesNumber", 5),
        Billed(BillKind.REFUND, side.trade.attempt_no, 230, side.order.refund_no),
    ]


def _faulty(*faults: str) -> pytest.MarkDecorator:
    cases = [(code, fault) for code, side in COUNTERPARTS.items() for fault in faults if fault in side.bill_faults]
    return pytest.mark.parametrize(("side", "fault"), cases, indirect=["side"])


@every_channel
def test_payments_and_refunds_are_read_with_number_amount_and_time(side: Counterpart) -> None:
    side.serve_bill(_billed(side))
    lines = list(side.bill(DAY))
    assert all(isinstance(line, BillLine) for line in lines)
    payment, _, refund = (line for line in lines if isinstance(line, BillLine))
    assert (payment.kind, payment.attempt_no, payment.amount) == (
        BillKind.PAYMENT,
        side.trade.attempt_no,
        Money(1230, side.currency),
    )
    assert (refund.kind, refund.refund_no, refund.amount) == (
        BillKind.REFUND,
        side.order.refund_no,
        Money(230, side.currency),
    )
    assert payment.refund_no == ""
    assert payment.occurred_at == datetime(2026, 3, 1, 12, 0, tzinfo=BEIJING)
    assert payment.fee is not None
    assert payment.fee.minor > 0


@every_channel
def test_a_line_carries_the_same_channel_number_as_the_query(side: Counterpart) -> None:
    side.serve_bill(_billed(side))
    payment = next(iter(side.bill(DAY)))
    assert isinstance(payment, BillLine)
    side.http.says(side.says("query", "paid"))
    assert payment.channel_trade_no == side.do("query").channel_trade_no


@every_channel
def test_reading_a_bill_twice_gives_the_same_lines(side: Counterpart) -> None:
    side.serve_bill(_billed(side))
    assert list(side.bill(DAY)) == list(side.bill(DAY))


@_faulty("broken_row")
def test_a_row_that_cannot_be_read_is_reported_and_the_others_are_read(side: Counterpart, fault: str) -> None:
    side.serve_bill(_billed(side), fault)
    broken, *others = side.bill(DAY)
    assert isinstance(broken, UnreadableLine)
    assert broken.row > 0
    assert broken.reason
    assert [type(line) for line in others] == [BillLine, BillLine]


@_faulty("no_trades")
def test_a_day_without_trades_has_no_lines(side: Counterpart, fault: str) -> None:
    side.serve_bill([], fault)
    assert list(side.bill(DAY)) == []


@_faulty("not_ready", "link_expired")
def test_a_bill_that_is_not_there_yet_can_be_asked_for_again(side: Counterpart, fault: str) -> None:
    side.serve_bill(_billed(side), fault)
    with pytest.raises(BillNotReady):
        list(side.bill(DAY))


@every_channel
@pytest.mark.parametrize("error", [httpx.ReadTimeout("late"), httpx.ConnectError("refused")], ids=repr)
def test_a_bill_that_does_not_come_can_be_asked_for_again(side: Counterpart, error: httpx.HTTPError) -> None:
    side.serve_bill(_billed(side))
    side.http.breaks(error)
    with pytest.raises(BillNotReady):
        list(side.bill(DAY))


@_faulty("refused", "broken_file", "wrong_checksum", "other_columns", "no_totals", "wrong_totals")
def test_a_bill_that_is_refused_broken_or_does_not_add_up_is_not_used(side: Counterpart, fault: str) -> None:
    side.serve_bill(_billed(side), fault)
    with pytest.raises(BillUnusable):
        list(side.bill(DAY))


@_faulty("other_merchant")
def test_another_merchants_bill_gives_no_line_of_ours(side: Counterpart, fault: str) -> None:
    side.serve_bill(_billed(side), fault)
    with contextlib.suppress(BillUnusable):  # or its lines are reported as unreadable
        assert not [line for line in side.bill(DAY) if isinstance(line, BillLine)]


@_faulty("wrong_checksum")
def test_no_line_is_given_before_the_checksum_was_right(side: Counterpart, fault: str) -> None:
    side.serve_bill(_billed(side), fault)
    with pytest.raises(BillUnusable):
        next(iter(side.bill(DAY)))

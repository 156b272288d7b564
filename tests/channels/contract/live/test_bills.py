"""Bills of a whole day, right and wrong."""

from __future__ import annotations

import io
from datetime import UTC, timedelta

import pytest

from cashier.channels.base import BillKind, BillLine, BillNotReady, BillUnusable
from payhub import clock
from tests.channels.contract.live.cases import AFTER, ALIPAY, ALL, BEFORE, SIGNED, STRIPE, UNIONPAY, WECHAT, of
from tests.channels.live_side import Live


@of(*ALL)
def test_a_days_bill_has_what_moved_and_adds_up(live: Live) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    live.refunded(order)
    fact = live.query()
    lines = {line.kind: line for line in live.bill(live.at_bill_time()) if isinstance(line, BillLine)}
    payment, refund = lines[BillKind.PAYMENT], lines[BillKind.REFUND]
    assert (payment.attempt_no, payment.amount, payment.channel_trade_no) == (
        live.trade.attempt_no,
        fact.amount,
        fact.channel_trade_no,
    )
    assert (refund.attempt_no, refund.refund_no, refund.amount) == (
        live.trade.attempt_no,
        order.refund_no,
        order.amount,
    )
    assert payment.fee is not None
    assert payment.fee.minor > 0


@of(*ALL)
def test_a_wrong_amount_a_double_and_an_extra_line_come_through_as_they_are(live: Live) -> None:
    live.paid()
    number, day = live.trade.attempt_no, live.at_bill_time()
    live.sandbox.post("/bill-faults", channel=live.code, kind="duplicate", out_trade_no=number)
    live.sandbox.post("/bill-faults", channel=live.code, kind="amount", out_trade_no=number, amount_minor=1)
    lines = [line for line in live.bill(day) if isinstance(line, BillLine)]
    assert [(line.attempt_no, line.amount.minor) for line in lines] == [(number, 1), (number, 1)]


@of(WECHAT, ALIPAY, UNIONPAY)
def test_a_bill_that_is_not_made_yet_is_not_ready(live: Live) -> None:
    live.paid()
    day = live.at_bill_time()
    live.sandbox.post("/bill-faults", channel=live.code, kind="not_ready", day=f"{day:%Y-%m-%d}")
    with pytest.raises(BillNotReady):
        list(live.bill(day))


@of(STRIPE)
def test_a_bill_of_a_day_that_is_not_over_is_not_ready(live: Live) -> None:
    with pytest.raises(BillNotReady):
        list(live.bill(clock.now().date()))


@of(WECHAT, ALIPAY, UNIONPAY)
def test_a_damaged_bill_is_not_used(live: Live) -> None:
    live.paid()
    day = live.at_bill_time()
    live.sandbox.post("/bill-faults", channel=live.code, kind="damaged", day=f"{day:%Y-%m-%d}")
    with pytest.raises(BillUnusable):
        list(live.bill(day))


@of(WECHAT, ALIPAY, STRIPE)
def test_a_day_without_trades_has_an_empty_bill(live: Live) -> None:
    assert list(live.bill(live.at_bill_time() - timedelta(days=3))) == []


@of(*ALL)
def test_a_bill_without_a_good_answer_is_asked_for_again(live: Live) -> None:
    live.paid()
    day = live.at_bill_time()
    for fault in [*AFTER, *BEFORE]:
        if fault in SIGNED and live.code == "stripe":
            continue  # which does not sign
        live.arm(fault, "bill")
        with pytest.raises((BillNotReady, BillUnusable)):
            pytest.fail(f"{fault}: {list(live.bill(day))}")
    assert [line.attempt_no for line in live.bill(day) if isinstance(line, BillLine)] == [live.trade.attempt_no]


@of(WECHAT, ALIPAY)
def test_a_bill_whose_file_does_not_come_is_asked_for_again(live: Live) -> None:
    live.paid()
    day = live.at_bill_time()
    for fault in ("cut_before", "cut_after", "http_500", "http_502_after", "refuse"):
        live.arm(fault, "bill_file")
        with pytest.raises((BillNotReady, BillUnusable)):
            pytest.fail(f"{fault}: {list(live.bill(day))}")
    assert [line.attempt_no for line in live.bill(day) if isinstance(line, BillLine)] == [live.trade.attempt_no]


@of(STRIPE)
def test_a_payout_on_the_bill_is_no_trade_and_no_riddle(live: Live) -> None:
    live.paid()
    live.sandbox.post("/clock", advance_s=3 * 86400)
    live.ahead = timedelta(days=5)
    (payout,) = live.sandbox.get("/payouts")
    day = (clock.now().astimezone(UTC) + timedelta(days=3)).date()
    assert live.channel.bill_starts_at(day).timestamp() == payout["created"]
    file = io.BytesIO()
    assert live.channel.fetch_bill(day, file)
    assert b'"payout"' in file.getvalue()
    assert list(live.channel.read_bill(file, day)) == []

"""The adapters against the real sandbox process: what really happened there, and what we believe of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from cashier.channels.base import (
    BillKind,
    BillLine,
    BillNotReady,
    BillUnusable,
    NotificationRefused,
    Outcome,
)
from cashier.channels.beijing import BEIJING
from payhub import clock
from payhub.money import Money
from tests.channels.live import Live
from tests.sandbox.server import wait_for

WECHAT, ALIPAY, UNIONPAY = ("wechat", "native"), ("alipay", "precreate"), ("unionpay", "gateway")
PAGES = [("wechat", "h5"), ("wechat", "jsapi"), ("alipay", "page"), ("alipay", "wap")]


def _of(*methods: tuple[str, str]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("live", methods, indirect=True, ids="-".join)


every_method = _of(WECHAT, ALIPAY, UNIONPAY, *PAGES)
every_channel = _of(WECHAT, ALIPAY, UNIONPAY)
where_create_calls = _of(WECHAT, ALIPAY)
where_it_closes = _of(WECHAT, ALIPAY)

AFTER = ["timeout_after", "cut_after", "http_500_after", "http_502_after", "system_error_after"]
SIGNED = ["bad_signature", "no_signature"]
BEFORE = ["timeout_before", "cut_before", "http_500", "http_502", "system_error"]


@every_method
def test_a_trade_lives_from_its_code_to_its_refund(live: Live) -> None:
    live.opened()
    assert live.query().outcome is Outcome.IN_PROGRESS
    live.pay()
    told = live.notified(live.merchant.wait()[0])
    asked = live.query()
    (line,) = live.books()
    assert told.outcome is asked.outcome is Outcome.PAID
    assert told.amount == asked.amount == Money(line["amount_minor"], "CNY") == live.trade.amount
    assert told.channel_trade_no == asked.channel_trade_no == line["trade_no"]
    assert told.occurred_at == asked.occurred_at
    order = live.order()
    assert live.channel.refund(order).outcome in {Outcome.IN_PROGRESS, Outcome.PAID}
    assert live.refunded(order).amount == order.amount
    assert live.query().outcome is Outcome.PAID, "a refund does not undo that it was paid"


@_of(WECHAT, ALIPAY, *PAGES)
def test_a_closed_trade_is_closed_and_cannot_be_paid(live: Live) -> None:
    live.opened()
    assert live.channel.close(live.trade).outcome is Outcome.CLOSED
    assert live.query().outcome is Outcome.CLOSED
    refused = live.sandbox.http.post(
        f"/_sandbox/api/trades/{live.code}/{live.trade.attempt_no}/pay", json={"person": "bai"}
    )
    assert refused.status_code == 409


@where_create_calls
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED])
def test_a_create_that_worked_without_a_good_answer_is_unknown_and_what_is_paid_is_found(
    live: Live, fault: str
) -> None:
    live.arm(fault, "create")
    created = live.create()
    assert (created.fact.outcome, created.presentation) == (Outcome.UNKNOWN, None)
    live.pay()
    assert live.query().outcome is Outcome.PAID


@where_create_calls
@pytest.mark.parametrize("fault", BEFORE)
def test_a_create_that_did_not_work_is_unknown_and_then_not_found(live: Live, fault: str) -> None:
    live.arm(fault, "create")
    assert live.create().fact.outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.NOT_FOUND


@where_create_calls
def test_a_create_that_works_after_we_gave_up_can_be_paid_and_is_found(live: Live) -> None:
    live.arm("late_effect", "create")
    assert live.create().fact.outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.NOT_FOUND, "and so NOT_FOUND proves nothing"
    wait_for(lambda: live.sandbox.get("/trades", channel=live.code, out_trade_no=live.trade.attempt_no))
    live.pay()
    assert live.query().outcome is Outcome.PAID


@_of(WECHAT)
def test_a_repeated_create_gives_the_same_trade(live: Live) -> None:
    first, second = live.create(), live.create()
    assert first.fact.outcome is second.fact.outcome is Outcome.IN_PROGRESS
    live.pay()
    assert len(live.books()) == 1


@where_create_calls
def test_a_repeated_create_of_a_paid_trade_shows_nothing_to_pay(live: Live) -> None:
    live.paid()
    again = live.channel.create(live.trade)
    assert again.presentation is None
    assert again.fact.outcome in {Outcome.UNKNOWN, Outcome.IN_PROGRESS}
    assert live.query().outcome is Outcome.PAID


@where_it_closes
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED])
def test_a_close_that_worked_without_a_good_answer_is_unknown_and_then_closed(live: Live, fault: str) -> None:
    live.opened().arm(fault, "close")
    assert live.channel.close(live.trade).outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.CLOSED


@where_it_closes
@pytest.mark.parametrize("fault", BEFORE)
def test_a_close_that_did_not_work_is_unknown_and_the_trade_still_open(live: Live, fault: str) -> None:
    live.opened().arm(fault, "close")
    assert live.channel.close(live.trade).outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.IN_PROGRESS


@where_it_closes
def test_a_close_that_lies_is_found_out_by_the_query(live: Live) -> None:
    live.opened().arm("lie", "close")
    live.channel.close(live.trade)
    assert live.query().outcome is Outcome.IN_PROGRESS


@where_it_closes
def test_a_close_that_comes_after_the_payment_finds_it_paid(live: Live) -> None:
    live.paid()
    assert live.channel.close(live.trade).outcome in {Outcome.UNKNOWN, Outcome.IN_PROGRESS}
    assert live.query().outcome is Outcome.PAID


@where_it_closes
def test_a_second_close_is_no_failure(live: Live) -> None:
    live.opened()
    live.channel.close(live.trade)
    assert live.channel.close(live.trade).outcome in {Outcome.CLOSED, Outcome.UNKNOWN}
    assert live.query().outcome is Outcome.CLOSED


@every_channel
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED, *BEFORE])
def test_a_query_without_a_good_answer_is_unknown_and_the_next_one_tells(live: Live, fault: str) -> None:
    live.paid().arm(fault, "query")
    assert live.query().outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.PAID


@every_channel
def test_a_query_that_lags_behind_says_in_progress_and_not_closed(live: Live) -> None:
    live.paid().arm("not_paid_yet", "query")
    assert live.query().outcome is Outcome.IN_PROGRESS
    assert live.query().outcome is Outcome.PAID


@where_create_calls
def test_a_payment_after_the_end_is_paid(live: Live) -> None:
    live.opened().expire()
    assert live.query().outcome in {Outcome.CLOSED, Outcome.FAILED, Outcome.NOT_FOUND}
    live.pay(force=True)
    assert live.query().outcome is Outcome.PAID


@every_channel
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED])
def test_a_refund_that_worked_without_a_good_answer_returns_the_money_once(live: Live, fault: str) -> None:
    live.paid().arm(fault, "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    again = live.channel.refund(order).outcome
    assert again in {Outcome.IN_PROGRESS, Outcome.PAID, Outcome.UNKNOWN}
    assert live.refunded(order).amount == order.amount
    (line,) = live.books()
    assert line["returned_minor"] == order.amount.minor


@every_channel
@pytest.mark.parametrize("fault", BEFORE)
def test_a_refund_that_did_not_work_is_unknown_and_works_with_the_same_number(live: Live, fault: str) -> None:
    live.paid().arm(fault, "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.query_refund(order).outcome is Outcome.NOT_FOUND
    live.channel.refund(order)
    assert live.refunded(order).amount == order.amount


@every_channel
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED, *BEFORE])
def test_a_refund_query_without_a_good_answer_is_unknown(live: Live, fault: str) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    live.refunded(order)
    live.arm(fault, "refund_query")
    assert live.channel.query_refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.query_refund(order).outcome is Outcome.PAID


@every_channel
def test_a_refund_above_what_was_paid_returns_nothing(live: Live) -> None:
    live.paid()
    order = live.order(minor=1231)
    assert live.channel.refund(order).outcome not in {Outcome.PAID, Outcome.IN_PROGRESS}
    assert [line["returned_minor"] for line in live.books()] == [0]


@every_channel
def test_a_notification_of_a_refund_is_about_that_refund(live: Live) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    fact = live.notified(live.merchant.wait(2)[1])
    assert (fact.attempt_no, fact.refund_no) == (live.trade.attempt_no, order.refund_no)


@every_channel
def test_a_forged_notification_is_refused_and_the_true_one_after_it_is_read(live: Live) -> None:
    live.merchant.answers = [(400, b"no"), (200, b"success")]
    live.opened().pay(notify={"kind": "bad_signature"})
    forged, true = live.merchant.wait(2)[:2]
    with pytest.raises(NotificationRefused):
        live.notified(forged)
    assert live.notified(true).outcome is Outcome.PAID


@_of(WECHAT)
def test_the_probe_whether_we_verify_is_refused(live: Live) -> None:
    live.merchant.answers = [(400, b"no"), (200, b"")]
    live.opened().pay(notify={"kind": "probe"})
    probe, true = live.merchant.wait(2)[:2]
    with pytest.raises(NotificationRefused) as refused:
        live.notified(probe)
    assert refused.value.code == "bad_signature"
    assert live.notified(true).outcome is Outcome.PAID


@every_channel
def test_notifications_at_the_same_moment_give_the_same_fact(live: Live) -> None:
    live.opened().pay(notify={"kind": "repeat", "times": 2, "parallel": True})
    facts = [live.notified(posted) for posted in live.merchant.wait(2)]
    assert {(fact.outcome, fact.attempt_no, fact.channel_trade_no) for fact in facts} == {
        (Outcome.PAID, live.trade.attempt_no, facts[0].channel_trade_no)
    }


@every_channel
def test_a_notification_says_the_amount_that_stands_in_it(live: Live) -> None:
    live.opened().pay(notify={"kind": "wrong_amount", "amount_minor": 1})
    assert live.notified(live.merchant.wait()[0]).amount == Money(1, "CNY")


@every_channel
def test_our_acceptance_stops_the_repeats_and_our_refusal_does_not(live: Live) -> None:
    accept, refuse = live.channel.accept(), live.channel.refuse("bad_signature")
    live.merchant.answers = [(refuse.status, refuse.body), (accept.status, accept.body)]
    live.opened().pay()
    live.merchant.wait(2)
    (log,) = live.sandbox.get("/notifications", channel=live.code, out_trade_no=live.trade.attempt_no)
    assert len(log["sends"]) == 2
    assert log["state"] == "ACKNOWLEDGED"


@every_channel
def test_refused_credentials_are_our_configuration(live: Live) -> None:
    wrong = {
        "wechat": {"merchant_serial": "0" * 40},
        "alipay": {"app_id": "2021000000099999"},
        "unionpay": {"cert_id": "1"},
    }[live.code]
    assert live.opened_with(**wrong).query(live.trade).outcome is Outcome.REFUSED


@_of(UNIONPAY)
def test_a_payment_page_that_nobody_used_is_open_until_its_deadline_and_then_over(live: Live) -> None:
    assert live.query().outcome is Outcome.NOT_FOUND
    live.opened()
    assert live.query().outcome is Outcome.IN_PROGRESS
    live.expire()
    assert live.query().outcome is Outcome.IN_PROGRESS, "by our clock the deadline is to come"
    early = live.trade.created_at - timedelta(hours=1)
    live.trade = replace(live.trade, expires_at=early)
    assert live.query().outcome is Outcome.FAILED


@_of(UNIONPAY)
def test_money_that_came_after_the_deadline_is_neither_paid_nor_failed(live: Live) -> None:
    live.opened().expire()
    live.pay(force=True)
    assert (live.query().outcome, live.query().code) == (Outcome.UNKNOWN, "42")


@_of(ALIPAY)
def test_a_reversal_closes_what_is_unpaid(live: Live) -> None:
    live.opened()
    assert live.channel.reverse(live.trade).outcome is Outcome.CLOSED
    assert live.query().outcome is Outcome.CLOSED


@_of(ALIPAY)
def test_a_reversal_gives_back_what_was_paid_and_the_query_tells_so(live: Live) -> None:
    live.paid()
    assert (live.channel.reverse(live.trade).outcome, live.query().outcome) == (Outcome.UNKNOWN, Outcome.PAID)
    assert [line["returned_minor"] for line in live.books()] == [live.trade.amount.minor]


@_of(ALIPAY)
def test_a_reversal_of_a_code_that_nobody_scanned_leaves_it_payable(live: Live) -> None:
    live.create()
    assert live.channel.reverse(live.trade).outcome is Outcome.NOT_FOUND
    live.pay()
    assert live.query().outcome is Outcome.PAID


@_of(WECHAT)
def test_a_new_platform_certificate_is_learned_from_the_answer_that_it_signed(live: Live) -> None:
    account = live.sandbox.accounts["wechat"]
    live.channel = live.opened_with(public_key_id="", public_key="")
    live.sandbox.post("/settings", wechat_scheme="certificate")
    assert live.create().presentation is not None
    live.sandbox.post("/settings", wechat_rotation="done")
    live.pay()
    assert live.query().outcome is Outcome.PAID
    assert live.notified(live.merchant.wait()[0]).outcome is Outcome.PAID
    assert account["public_key_id"] not in str(live.merchant.posted[0].headers)


@every_channel
def test_a_days_bill_has_what_moved_and_adds_up(live: Live) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    live.refunded(order)
    fact = live.query()
    day = settlement_day(live)
    live.sandbox.post("/clock", advance_s=48 * 3600)
    payment, refund = live.channel.bill(day)
    assert isinstance(payment, BillLine)
    assert isinstance(refund, BillLine)
    assert (payment.kind, payment.attempt_no, payment.amount, payment.channel_trade_no) == (
        BillKind.PAYMENT,
        live.trade.attempt_no,
        fact.amount,
        fact.channel_trade_no,
    )
    assert (refund.kind, refund.attempt_no, refund.refund_no, refund.amount) == (
        BillKind.REFUND,
        live.trade.attempt_no,
        order.refund_no,
        order.amount,
    )
    assert payment.fee is not None
    assert payment.fee.minor > 0


@every_channel
def test_a_bill_that_is_not_made_yet_is_not_ready(live: Live) -> None:
    live.paid()
    day = settlement_day(live)
    live.sandbox.post("/clock", advance_s=48 * 3600)
    live.sandbox.post("/bill-faults", channel=live.code, kind="not_ready", day=f"{day:%Y-%m-%d}")
    with pytest.raises(BillNotReady):
        list(live.channel.bill(day))


@every_channel
def test_a_damaged_bill_is_not_used(live: Live) -> None:
    live.paid()
    day = settlement_day(live)
    live.sandbox.post("/clock", advance_s=48 * 3600)
    live.sandbox.post("/bill-faults", channel=live.code, kind="damaged", day=f"{day:%Y-%m-%d}")
    with pytest.raises(BillUnusable):
        list(live.channel.bill(day))


@_of(WECHAT, ALIPAY)
def test_a_day_without_trades_has_an_empty_bill(live: Live) -> None:
    assert list(live.channel.bill(settlement_day(live) - timedelta(days=3))) == []


def settlement_day(live: Live) -> date:
    """Return the day on whose bill a payment of this moment stands; UnionPay's begins at 23:00."""
    ahead = timedelta(hours=1 if live.code == "unionpay" else 0)
    return (clock.now().astimezone(BEIJING) + ahead).date()

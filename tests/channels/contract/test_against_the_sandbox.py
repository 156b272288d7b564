"""The adapters against the real sandbox process: what really happened there, and what we believe of it."""

from __future__ import annotations

import pytest

from cashier.channels.base import NotificationRefused, Outcome
from payhub.money import Money
from tests.channels.live import Live
from tests.sandbox.server import wait_for

WECHAT, ALIPAY = ("wechat", "native"), ("alipay", "precreate")
every_method = pytest.mark.parametrize("live", [WECHAT, ALIPAY], indirect=True, ids="-".join)
every_closable = every_method

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


@every_closable
def test_a_closed_trade_is_closed_and_cannot_be_paid(live: Live) -> None:
    live.opened()
    assert live.channel.close(live.trade).outcome is Outcome.CLOSED
    assert live.query().outcome is Outcome.CLOSED
    refused = live.sandbox.http.post(
        f"/_sandbox/api/trades/{live.code}/{live.trade.attempt_no}/pay", json={"person": "bai"}
    )
    assert refused.status_code == 409


@every_method
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED])
def test_a_create_that_worked_without_a_good_answer_is_unknown_and_what_is_paid_is_found(
    live: Live, fault: str
) -> None:
    live.arm(fault, "create")
    created = live.create()
    assert (created.fact.outcome, created.presentation) == (Outcome.UNKNOWN, None)
    live.pay()
    assert live.query().outcome is Outcome.PAID


@every_method
@pytest.mark.parametrize("fault", BEFORE)
def test_a_create_that_did_not_work_is_unknown_and_then_not_found(live: Live, fault: str) -> None:
    live.arm(fault, "create")
    assert live.create().fact.outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.NOT_FOUND


@every_method
def test_a_create_that_works_after_we_gave_up_can_be_paid_and_is_found(live: Live) -> None:
    live.arm("late_effect", "create")
    assert live.create().fact.outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.NOT_FOUND, "and so NOT_FOUND proves nothing"
    wait_for(lambda: live.sandbox.get("/trades", channel=live.code, out_trade_no=live.trade.attempt_no))
    live.pay()
    assert live.query().outcome is Outcome.PAID


@pytest.mark.parametrize("live", [WECHAT], indirect=True, ids="-".join)
def test_a_repeated_create_gives_the_same_trade(live: Live) -> None:
    first, second = live.create(), live.create()
    assert first.fact.outcome is second.fact.outcome is Outcome.IN_PROGRESS
    live.pay()
    assert len(live.books()) == 1


@every_method
def test_a_repeated_create_of_a_paid_trade_shows_nothing_to_pay(live: Live) -> None:
    live.paid()
    again = live.channel.create(live.trade)
    assert again.presentation is None
    assert again.fact.outcome in {Outcome.UNKNOWN, Outcome.IN_PROGRESS}
    assert live.query().outcome is Outcome.PAID


@every_closable
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED])
def test_a_close_that_worked_without_a_good_answer_is_unknown_and_then_closed(live: Live, fault: str) -> None:
    live.opened().arm(fault, "close")
    assert live.channel.close(live.trade).outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.CLOSED


@every_closable
@pytest.mark.parametrize("fault", BEFORE)
def test_a_close_that_did_not_work_is_unknown_and_the_trade_still_open(live: Live, fault: str) -> None:
    live.opened().arm(fault, "close")
    assert live.channel.close(live.trade).outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.IN_PROGRESS


@every_closable
def test_a_close_that_lies_is_found_out_by_the_query(live: Live) -> None:
    live.opened().arm("lie", "close")
    live.channel.close(live.trade)
    assert live.query().outcome is Outcome.IN_PROGRESS


@every_closable
def test_a_close_that_comes_after_the_payment_finds_it_paid(live: Live) -> None:
    live.paid()
    assert live.channel.close(live.trade).outcome in {Outcome.UNKNOWN, Outcome.IN_PROGRESS}
    assert live.query().outcome is Outcome.PAID


@every_closable
def test_a_second_close_is_no_failure(live: Live) -> None:
    live.opened()
    live.channel.close(live.trade)
    assert live.channel.close(live.trade).outcome in {Outcome.CLOSED, Outcome.UNKNOWN}
    assert live.query().outcome is Outcome.CLOSED


@every_method
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED, *BEFORE])
def test_a_query_without_a_good_answer_is_unknown_and_the_next_one_tells(live: Live, fault: str) -> None:
    live.paid().arm(fault, "query")
    assert live.query().outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.PAID


@every_method
def test_a_query_that_lags_behind_says_in_progress_and_not_closed(live: Live) -> None:
    live.paid().arm("not_paid_yet", "query")
    assert live.query().outcome is Outcome.IN_PROGRESS
    assert live.query().outcome is Outcome.PAID


@every_method
def test_a_payment_after_the_end_is_paid(live: Live) -> None:
    live.opened().expire()
    assert live.query().outcome in {Outcome.CLOSED, Outcome.FAILED, Outcome.NOT_FOUND}
    live.pay(force=True)
    assert live.query().outcome is Outcome.PAID


@every_method
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED])
def test_a_refund_that_worked_without_a_good_answer_returns_the_money_once(live: Live, fault: str) -> None:
    live.paid().arm(fault, "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.refund(order).outcome in {Outcome.IN_PROGRESS, Outcome.PAID}
    assert live.refunded(order).amount == order.amount
    (line,) = live.books()
    assert line["returned_minor"] == order.amount.minor


@every_method
@pytest.mark.parametrize("fault", BEFORE)
def test_a_refund_that_did_not_work_is_unknown_and_works_with_the_same_number(live: Live, fault: str) -> None:
    live.paid().arm(fault, "refund")
    order = live.order()
    assert live.channel.refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.query_refund(order).outcome is Outcome.NOT_FOUND
    live.channel.refund(order)
    assert live.refunded(order).amount == order.amount


@every_method
@pytest.mark.parametrize("fault", [*AFTER, *SIGNED, *BEFORE])
def test_a_refund_query_without_a_good_answer_is_unknown(live: Live, fault: str) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    live.refunded(order)
    live.arm(fault, "refund_query")
    assert live.channel.query_refund(order).outcome is Outcome.UNKNOWN
    assert live.channel.query_refund(order).outcome is Outcome.PAID


@every_method
def test_a_refund_above_what_was_paid_returns_nothing(live: Live) -> None:
    live.paid()
    order = live.order(minor=1231)
    assert live.channel.refund(order).outcome not in {Outcome.PAID, Outcome.IN_PROGRESS}
    assert [line["returned_minor"] for line in live.books()] == [0]


@every_method
def test_a_notification_of_a_refund_is_about_that_refund(live: Live) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    fact = live.notified(live.merchant.wait(2)[1])
    assert (fact.attempt_no, fact.refund_no) == (live.trade.attempt_no, order.refund_no)


@every_method
def test_a_forged_notification_is_refused_and_the_true_one_after_it_is_read(live: Live) -> None:
    live.merchant.answers = [(400, b"no"), (200, b"success")]
    live.opened().pay(notify={"kind": "bad_signature"})
    forged, true = live.merchant.wait(2)[:2]
    with pytest.raises(NotificationRefused):
        live.notified(forged)
    assert live.notified(true).outcome is Outcome.PAID


@pytest.mark.parametrize("live", [WECHAT], indirect=True, ids="-".join)
def test_the_probe_whether_we_verify_is_refused(live: Live) -> None:
    live.merchant.answers = [(400, b"no"), (200, b"")]
    live.opened().pay(notify={"kind": "probe"})
    probe, true = live.merchant.wait(2)[:2]
    with pytest.raises(NotificationRefused) as refused:
        live.notified(probe)
    assert refused.value.code == "bad_signature"
    assert live.notified(true).outcome is Outcome.PAID


@every_method
def test_notifications_at_the_same_moment_give_the_same_fact(live: Live) -> None:
    live.opened().pay(notify={"kind": "repeat", "times": 2, "parallel": True})
    facts = [live.notified(posted) for posted in live.merchant.wait(2)]
    assert {(fact.outcome, fact.attempt_no, fact.channel_trade_no) for fact in facts} == {
        (Outcome.PAID, live.trade.attempt_no, facts[0].channel_trade_no)
    }


@every_method
def test_a_notification_says_the_amount_that_stands_in_it(live: Live) -> None:
    live.opened().pay(notify={"kind": "wrong_amount", "amount_minor": 1})
    assert live.notified(live.merchant.wait()[0]).amount == Money(1, "CNY")


@every_method
def test_our_acceptance_stops_the_repeats_and_our_refusal_does_not(live: Live) -> None:
    accept, refuse = live.channel.accept(), live.channel.refuse("bad_signature")
    live.merchant.answers = [(refuse.status, refuse.body), (accept.status, accept.body)]
    live.opened().pay()
    live.merchant.wait(2)
    (log,) = live.sandbox.get("/notifications", channel=live.code, out_trade_no=live.trade.attempt_no)
    assert len(log["sends"]) == 2
    assert log["state"] == "ACKNOWLEDGED"


@every_method
def test_refused_credentials_are_our_configuration(live: Live) -> None:
    wrong = {"wechat": {"merchant_serial": "0" * 40}, "alipay": {"app_id": "2021000000099999"}}[live.code]
    assert live.opened_with(**wrong).create(live.trade).fact.outcome is Outcome.REFUSED

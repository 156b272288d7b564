"""Opening, paying, asking and closing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from cashier.channels.base import Outcome
from payhub.money import Money
from tests.channels.contract.live.cases import (
    AFTER,
    ALIPAY,
    ALL,
    BEFORE,
    BROWSING,
    CLOSING,
    CREATING,
    PAGES,
    SIGNED,
    STRIPE,
    UNIONPAY,
    WECHAT,
    of,
    with_faults,
)
from tests.channels.live_side import Live
from tests.sandbox.server import wait_for


@of(*ALL, *PAGES)
def test_a_trade_lives_from_its_code_to_its_refund(live: Live) -> None:
    live.opened()
    assert live.query().outcome is Outcome.IN_PROGRESS
    live.pay()
    told, asked = live.told()[0], live.query()
    (line,) = live.books()
    assert told.outcome is asked.outcome is Outcome.PAID
    assert told.amount == asked.amount == Money(line["amount_minor"], "CNY") == live.trade.amount
    assert told.channel_trade_no == asked.channel_trade_no
    assert told.channel_trade_no == line["trade_no"] or live.code == "stripe"  # whose books name the charge
    live.trade = replace(live.trade, channel_trade_no=asked.channel_trade_no)
    order = live.order()
    assert live.channel.refund(order).outcome in {Outcome.IN_PROGRESS, Outcome.PAID}
    assert live.refunded(order).amount == order.amount
    assert live.query().outcome is Outcome.PAID, "a refund does not undo that it was paid"


@of(WECHAT, ALIPAY, UNIONPAY)
def test_notification_and_query_tell_one_time_of_the_payment(live: Live) -> None:
    live.opened().pay()
    assert live.told()[0].occurred_at == live.query().occurred_at is not None


@of(*CLOSING, *PAGES)
def test_a_closed_trade_is_closed_and_cannot_be_paid(live: Live) -> None:
    live.opened()
    assert live.channel.close(live.trade).outcome is Outcome.CLOSED
    assert live.query().outcome is Outcome.CLOSED
    refused = live.sandbox.http.post(
        f"/_sandbox/api/trades/{live.code}/{live.trade.attempt_no}/pay", json={"person": "bai"}
    )
    assert refused.status_code == 409


@with_faults(AFTER, *CREATING)
def test_a_create_that_worked_without_a_good_answer_is_unknown_and_what_is_paid_is_found(
    live: Live, fault: str
) -> None:
    live.arm(fault, "create")
    created = live.create()
    assert (created.fact.outcome, created.presentation) == (Outcome.UNKNOWN, None)
    live.pay()
    assert live.query().outcome is Outcome.PAID


@with_faults(BEFORE, *CREATING)
def test_a_create_that_did_not_work_is_unknown_and_then_not_found(live: Live, fault: str) -> None:
    live.arm(fault, "create")
    assert live.create().fact.outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.NOT_FOUND


@of(*BROWSING)
def test_a_page_that_the_browser_did_not_reach_can_be_reached_again(live: Live) -> None:
    for fault in BEFORE:
        live.trade = live.new_trade()
        page = live.create().presentation
        assert page is not None
        live.arm(fault, "create")
        live.goes_wrong(page)
        assert live.query().outcome is Outcome.NOT_FOUND, f"{fault}, and so NOT_FOUND proves nothing"
        live.follow(page)
        live.scan()
        live.pay()
        assert live.query().outcome is Outcome.PAID, fault


@of(*BROWSING)
def test_what_is_paid_at_a_page_that_the_browser_did_not_see_is_found_once(live: Live) -> None:
    for fault in [*(fault for fault in AFTER if fault not in SIGNED), "double_submit"]:
        live.trade = live.new_trade()
        page = live.create().presentation
        assert page is not None
        live.arm(fault, "create")
        live.goes_wrong(page)
        live.follow(page)  # the person tries again: the same page, or "repeated"
        live.scan()
        live.pay()
        assert live.query().outcome is Outcome.PAID, fault
        assert len(live.books()) == 1, fault


@of(*CREATING)
def test_a_create_that_arrives_twice_opens_one_trade(live: Live) -> None:
    live.arm("double_submit", "create")
    assert live.create().fact.outcome in {Outcome.IN_PROGRESS, Outcome.UNKNOWN}
    live.pay()
    assert live.query().outcome is Outcome.PAID
    assert len(live.sandbox.get("/trades", channel=live.code)) == len(live.books()) == 1


@of(*CLOSING)
def test_a_close_that_arrives_twice_is_found_closed(live: Live) -> None:
    live.opened().arm("double_submit", "close")
    assert live.channel.close(live.trade).outcome in {Outcome.CLOSED, Outcome.UNKNOWN}
    assert live.query().outcome is Outcome.CLOSED


@of(*CREATING)
def test_a_create_that_works_after_we_gave_up_can_be_paid_and_is_found(live: Live) -> None:
    live.arm("late_effect", "create")
    assert live.create().fact.outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.NOT_FOUND, "and so NOT_FOUND proves nothing"
    wait_for(lambda: live.sandbox.get("/trades", channel=live.code, out_trade_no=live.trade.attempt_no))
    live.pay()
    assert live.query().outcome is Outcome.PAID


@of(WECHAT, STRIPE)
def test_a_repeated_create_gives_the_same_trade(live: Live) -> None:
    first, second = live.create(), live.create()
    assert first.fact.outcome is second.fact.outcome is Outcome.IN_PROGRESS
    live.pay()
    assert len(live.books()) == 1


@of(WECHAT, ALIPAY)
def test_a_repeated_create_of_a_paid_trade_shows_nothing_to_pay(live: Live) -> None:
    live.paid()
    again = live.channel.create(live.trade)
    assert again.presentation is None
    assert again.fact.outcome in {Outcome.UNKNOWN, Outcome.IN_PROGRESS}
    assert live.query().outcome is Outcome.PAID


@of(STRIPE)
def test_a_repeated_create_of_a_paid_trade_leads_to_a_page_that_takes_no_second_payment(live: Live) -> None:
    live.paid()
    assert live.channel.create(live.trade).fact.outcome is Outcome.IN_PROGRESS, "Stripe repeats its first answer"
    assert live.query().outcome is Outcome.PAID
    assert len(live.books()) == 1


@with_faults(AFTER, *CLOSING)
def test_a_close_that_worked_without_a_good_answer_is_unknown_and_then_closed(live: Live, fault: str) -> None:
    live.opened().arm(fault, "close")
    assert live.channel.close(live.trade).outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.CLOSED


@with_faults(BEFORE, *CLOSING)
def test_a_close_that_did_not_work_is_unknown_and_the_trade_still_open(live: Live, fault: str) -> None:
    live.opened().arm(fault, "close")
    assert live.channel.close(live.trade).outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.IN_PROGRESS


@of(*CLOSING)
def test_a_close_that_lies_is_found_out_by_the_query(live: Live) -> None:
    live.opened().arm("lie", "close")
    live.channel.close(live.trade)
    assert live.query().outcome is Outcome.IN_PROGRESS


@of(*CLOSING)
def test_a_close_that_comes_after_the_payment_finds_it_paid(live: Live) -> None:
    live.paid()
    assert live.channel.close(live.trade).outcome in {Outcome.UNKNOWN, Outcome.IN_PROGRESS}
    assert live.query().outcome is Outcome.PAID


@of(*CLOSING)
def test_a_second_close_is_no_failure(live: Live) -> None:
    live.opened()
    live.channel.close(live.trade)
    assert live.channel.close(live.trade).outcome in {Outcome.CLOSED, Outcome.UNKNOWN}
    assert live.query().outcome is Outcome.CLOSED


@with_faults([*AFTER, *BEFORE], *ALL)
def test_a_query_without_a_good_answer_is_unknown_and_the_next_one_tells(live: Live, fault: str) -> None:
    live.paid().arm(fault, "query")
    assert live.query().outcome is Outcome.UNKNOWN
    assert live.query().outcome is Outcome.PAID


@of(*ALL)
def test_a_query_that_lags_behind_says_in_progress_and_not_closed(live: Live) -> None:
    live.paid().arm("not_paid_yet", "query")
    assert live.query().outcome is Outcome.IN_PROGRESS
    assert live.query().outcome is Outcome.PAID


@of(*CREATING)
def test_a_payment_after_the_end_is_paid(live: Live) -> None:
    live.opened().expire()
    assert live.query().outcome in {Outcome.CLOSED, Outcome.FAILED, Outcome.NOT_FOUND}
    live.pay(force=True)
    assert live.query().outcome is Outcome.PAID


@of(*ALL)
def test_refused_credentials_are_our_configuration(live: Live) -> None:
    wrong = {
        "wechat": {"merchant_serial": "0" * 40},
        "alipay": {"app_id": "2021000000099999"},
        "unionpay": {"cert_id": "1"},
        "stripe": {"secret_key": "sk_test_" + "0" * 24},
    }[live.code]
    assert live.opened_with(**wrong).query(live.trade).outcome is Outcome.REFUSED


@of(UNIONPAY)
def test_a_payment_page_that_nobody_used_is_open_until_its_deadline_and_then_over(live: Live) -> None:
    assert live.query().outcome is Outcome.NOT_FOUND
    live.opened()
    assert live.query().outcome is Outcome.IN_PROGRESS
    live.expire()
    assert live.query().outcome is Outcome.IN_PROGRESS, "by our clock the deadline is to come"
    live.ahead = timedelta(seconds=900 + 60)
    assert live.query().outcome is Outcome.FAILED


@of(UNIONPAY)
def test_money_that_came_after_the_deadline_is_neither_paid_nor_failed(live: Live) -> None:
    live.opened().expire()
    live.pay(force=True)
    assert (live.query().outcome, live.query().code) == (Outcome.UNKNOWN, "42")


@of(WECHAT)
def test_a_new_platform_certificate_is_learned_from_the_answer_that_it_signed(live: Live) -> None:
    live.channel = live.opened_with(public_key_id="", public_key="")
    live.sandbox.post("/settings", wechat_scheme="certificate")
    assert live.create().presentation is not None
    live.sandbox.post("/settings", wechat_rotation="done")
    live.pay()
    assert live.query().outcome is Outcome.PAID
    assert live.told()[0].outcome is Outcome.PAID
    assert not live.merchant.posted[0].headers["wechatpay-serial"].startswith("PUB_KEY_ID")

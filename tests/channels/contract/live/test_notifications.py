"""Being told: of payments and refunds, twice, falsely, and until we accept."""

from __future__ import annotations

from typing import Any

import pytest

from cashier.channels.base import NotificationRefused, Outcome, Refusal
from payhub.money import Money
from tests.channels.contract.live.cases import ALL, WECHAT, of
from tests.channels.live_side import Live
from tests.sandbox.server import wait_for


@of(*ALL)
def test_a_notification_of_a_refund_is_about_that_refund(live: Live) -> None:
    live.paid()
    order = live.order()
    live.channel.refund(order)
    wait_for(lambda: [fact for fact in live.told() if fact.refund_no])
    fact = next(fact for fact in live.told() if fact.refund_no)
    assert (fact.attempt_no, fact.refund_no) == (live.trade.attempt_no, order.refund_no)


@of(*ALL)
def test_a_forged_notification_is_refused_and_the_true_one_after_it_is_read(live: Live) -> None:
    live.merchant.answers = [(400, b"no")] * 3 + [(200, b"success")]  # Stripe tells one payment by three events
    live.opened().pay(notify={"kind": "bad_signature"})
    assert _refused_first(live) == "bad_signature"


@of(WECHAT)
def test_the_probe_whether_we_verify_is_refused(live: Live) -> None:
    live.merchant.answers = [(400, b"no"), (200, b"")]
    live.opened().pay(notify={"kind": "probe"})
    assert _refused_first(live) == "bad_signature"


@of(*ALL)
def test_notifications_at_the_same_moment_give_the_same_fact(live: Live) -> None:
    live.opened().pay(notify={"kind": "repeat", "times": 2, "parallel": True})
    facts = live.told(2)
    assert {(fact.outcome, fact.attempt_no, fact.amount, fact.channel_trade_no) for fact in facts} == {
        (Outcome.PAID, live.trade.attempt_no, live.trade.amount, facts[0].channel_trade_no)
    }


@of(*ALL)
def test_a_notification_says_the_amount_that_stands_in_it(live: Live) -> None:
    live.opened().pay(notify={"kind": "wrong_amount", "amount_minor": 1})
    assert live.told()[0].amount == Money(1, "CNY")


@of(*ALL)
def test_our_refusal_makes_the_channel_repeat_and_our_acceptance_stops_it(live: Live) -> None:
    accept, refuse = live.channel.accept(), live.channel.refuse(Refusal.BAD_SIGNATURE)
    live.merchant.answers = [(refuse.status, refuse.body), (accept.status, accept.body)]
    live.opened().pay()

    def logs() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = live.sandbox.get("/notifications", channel=live.code)
        return found

    wait_for(lambda: logs() and all(log["state"] == "ACKNOWLEDGED" for log in logs()))
    assert sum(len(log["sends"]) for log in logs()) == len(logs()) + 1


def _refused_first(live: Live) -> str:
    """Return why the first notification was refused, after one that is true has come."""
    forged = live.merchant.wait()[0]
    with pytest.raises(NotificationRefused) as refused:
        live.notified(forged)
    true = wait_for(lambda: [posted for posted in list(live.merchant.posted) if _is_read(live, posted)])
    assert live.notified(true[0]).outcome is Outcome.PAID
    return refused.value.code


def _is_read(live: Live, posted: Any) -> bool:
    try:
        live.notified(posted)
    except NotificationRefused:
        return False
    return True

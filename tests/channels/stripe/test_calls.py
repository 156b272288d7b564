"""Stripe: what is asked for, under which key, and how what was lost is found again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import httpx
import pytest

from cashier.channels.base import Outcome
from tests.channels.counterparts.stripe import INTENT, NONE, REFUND, SESSION, StripeSide
from tests.channels.scripted import Call


@pytest.fixture
def side() -> StripeSide:
    return StripeSide()


def _form(call: Call) -> dict[str, str]:
    return dict(parse_qsl(call.content.decode()))


def test_a_create_has_our_number_everywhere_and_a_key_of_its_own(side: StripeSide) -> None:
    side.http.says(side.good("create"))
    created = side.channel.create(side.trade)
    assert created.fact.memo == {"session": SESSION}
    (sent,) = side.http.calls
    assert sent.url == "https://stripe.example/v1/checkout/sessions"
    assert sent.headers["idempotency-key"] == f"pay:{side.trade.attempt_no}"
    assert sent.headers["authorization"].startswith("Bearer sk_test_")
    form = _form(sent)
    number = side.trade.attempt_no
    assert form["client_reference_id"] == form["metadata[attempt_no]"] == number
    assert form["payment_intent_data[metadata][attempt_no]"] == number
    assert form["line_items[0][price_data][unit_amount]"] == "1230"
    assert form["line_items[0][price_data][currency]"] == "usd"


def test_a_deadline_nearer_than_stripe_takes_is_put_off_and_the_trade_is_closed_by_us(side: StripeSide) -> None:
    side.with_trade(expires_at=side.trade.created_at + timedelta(minutes=5))
    side.http.says(side.good("create"))
    side.do("create")
    deadline = side.trade.created_at + timedelta(minutes=35)
    assert _form(side.http.calls[0])["expires_at"] == str(int(deadline.timestamp()))
    assert not side.channel.methods["checkout"].hard_expiry
    assert side.channel.methods["checkout"].can_close


def test_a_session_whose_creation_was_not_answered_is_found_by_our_number(side: StripeSide) -> None:
    side.with_trade(memo={})
    others = [side.session("paid") | {"id": f"cs_{n}", "client_reference_id": f"A{n}"} for n in range(2)]
    pages = [NONE | {"data": others, "has_more": True}, NONE | {"data": [side.session("paid")]}]

    def answer(call: Call) -> httpx.Response:
        assert call.method == "GET"
        return httpx.Response(200, json=pages[len(side.http.calls) - 1])

    side.http.answer = answer
    fact = side.do("query")
    assert (fact.outcome, fact.channel_trade_no, fact.memo) == (Outcome.PAID, INTENT, {"session": SESSION})
    second = parse_qs(side.http.calls[1].url.query.decode())
    assert second["starting_after"] == ["cs_1"]
    assert second["expand[0]"] == ["data.payment_intent.latest_charge"]


def test_a_session_that_is_in_no_list_is_not_found(side: StripeSide) -> None:
    side.with_trade(memo={})
    side.http.says(httpx.Response(200, json=NONE))
    assert side.do("query").outcome is Outcome.NOT_FOUND
    assert side.do("close").outcome is Outcome.NOT_FOUND


def test_a_list_without_end_is_unknown(side: StripeSide) -> None:
    side.with_trade(memo={})
    stranger = side.session("paid") | {"client_reference_id": "A0"}
    side.http.says(httpx.Response(200, json=NONE | {"data": [stranger], "has_more": True}))
    assert side.do("query").outcome is Outcome.UNKNOWN
    assert len(side.http.calls) == 50


def test_every_close_has_another_key_because_stripe_repeats_failures(side: StripeSide) -> None:
    nonces = iter(["one", "two"])
    side.channel._wire._nonce = lambda: next(nonces)  # type: ignore[attr-defined]
    side.http.says(side.says("close", "system_error"))
    side.do("close")
    side.do("close")
    assert [call.headers["idempotency-key"] for call in side.http.calls] == ["one", "two"]


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({"status": "expired", "payment_status": "paid"}, Outcome.PAID),
        ({"status": "expired", "payment_intent": {"id": INTENT, "status": "succeeded"}}, Outcome.PAID),
        ({"status": "expired", "payment_intent": {"id": INTENT, "status": "processing"}}, Outcome.IN_PROGRESS),
        ({"status": "expired", "payment_intent": {"id": INTENT, "status": "canceled"}}, Outcome.CLOSED),
        ({"status": "complete"}, Outcome.IN_PROGRESS),
        ({"status": "complete", "payment_intent": {"id": INTENT, "status": "processing"}}, Outcome.IN_PROGRESS),
        ({"status": "complete", "payment_intent": {"id": INTENT, "status": "requires_payment_method"}}, Outcome.FAILED),
        ({"status": "complete", "payment_status": "no_payment_required"}, Outcome.UNKNOWN),
        ({"status": "tomorrow"}, Outcome.UNKNOWN),
    ],
)
def test_a_session_means_what_it_and_its_intent_say(
    side: StripeSide, changes: dict[str, Any], outcome: Outcome
) -> None:
    side.http.says(side.says("query", "unpaid", changes=changes))
    assert side.do("query").outcome is outcome


def test_a_refund_looks_first_whether_it_was_made_because_keys_are_forgotten(side: StripeSide) -> None:
    made = NONE | {"data": [side.refund_data("returned")]}
    side.http.says(httpx.Response(200, json=made))
    fact = side.channel.refund(side.order)
    assert (fact.outcome, fact.memo) == (Outcome.PAID, {"refund": REFUND})
    assert [call.method for call in side.http.calls] == ["GET"]


def test_a_refund_is_not_made_while_it_is_unknown_whether_it_was(side: StripeSide) -> None:
    side.http.breaks(httpx.ReadTimeout("late"))
    assert side.channel.refund(side.order).outcome is Outcome.UNKNOWN
    assert [call.method for call in side.http.calls] == ["GET"]


def test_a_new_refund_has_a_key_of_its_own_and_names_the_payment(side: StripeSide) -> None:
    side.http.says(side.says("refund", "accepted"))
    side.do("refund")
    posted = side.http.calls[-1]
    assert posted.headers["idempotency-key"] == f"refund:{side.order.refund_no}"
    form = _form(posted)
    assert (form["payment_intent"], form["amount"]) == (INTENT, "230")
    assert form["metadata[refund_no]"] == side.order.refund_no


def test_a_refund_that_is_known_is_asked_for_by_its_id(side: StripeSide) -> None:
    side.order = replace(side.order, memo={"refund": REFUND})
    side.http.says(httpx.Response(200, json=side.refund_data("returned")))
    assert side.do("query_refund").outcome is Outcome.PAID
    assert side.http.calls[0].url.path == f"/v1/refunds/{REFUND}"


def test_a_payment_that_stripe_has_not_named_cannot_be_refunded(side: StripeSide) -> None:
    side.with_trade(channel_trade_no="")
    assert side.channel.refund(side.order).outcome is Outcome.REFUSED
    assert side.http.calls == []


def test_a_movement_that_is_no_trade_is_left_out_and_one_that_we_do_not_know_is_reported(side: StripeSide) -> None:
    side.serve_bill([])
    kinds = ["payout", "stripe_fee", "adjustment"]
    listed = [{"id": f"txn_{n}", "type": kind, "fee": 0} for n, kind in enumerate(kinds)]
    side.http.says(httpx.Response(200, json=NONE | {"data": listed}))
    (line,) = side.bill(side.trade.created_at.date())
    assert "adjustment" in getattr(line, "reason", "")

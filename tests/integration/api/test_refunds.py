"""Refunds by the API: asked for by the merchant, approved by payhub or by the merchant's own limit, sent once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cashier.models import Attempt, Refund
from cashier.services.refund import approve_refund, send_approved
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.outbox.deliver import deliver_due
from tests.conftest import staff
from tests.integration.api.conftest import Program
from tests.played.channel import Books

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.fixture
def paid(program: Program, shopper_pays: Callable[[str], Attempt]) -> str:
    """The number of a paid order."""
    order_no: str = program.orders().said["order_no"]
    shopper_pays(order_no)
    return order_no


def ask(program: Program, order_no: str, number: str = "r1", minor: int = 800, **changes: Any) -> Any:
    said = {"order_no": order_no, "merchant_refund_no": number, "amount_minor": minor, "currency": "CNY", **changes}
    return program.post("/refunds", said)


def hear_all() -> None:
    while deliver_due(now=clock.now()):
        pass


def test_a_refund_waits_for_payhubs_finance(program: Program, paid: str, alpha: Books) -> None:
    alpha.refunds_are_final = True
    asked = ask(program, paid)
    assert (asked.status_code, asked.said["state"]) == (201, "requested")
    approve_refund(refund_no=asked.said["refund_no"], approver=staff("wang"), now=clock.now())
    send_approved(now=clock.now())
    hear_all()
    assert program.get(f"/refunds/{asked.said['refund_no']}").said["state"] == "succeeded"
    order = program.get(f"/orders/{paid}").said
    assert (order["state"], order["refunded_minor"]) == ("partly_refunded", 800)


def test_within_the_merchants_own_limit_it_goes_at_once(program: Program, paid: str, merchant: Merchant) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(direct_refund_limit_minor=800)
    assert ask(program, paid).said["state"] == "approved"
    assert ask(program, paid, "r2", 801).said["state"] == "requested"


def test_the_same_number_again_is_the_same_refund(program: Program, paid: str) -> None:
    assert ask(program, paid).said == ask(program, paid).said
    assert Refund.objects.count() == 1


def test_the_same_number_with_another_amount_is_refused(program: Program, paid: str) -> None:
    ask(program, paid)
    refused = ask(program, paid, minor=801)
    assert (refused.status_code, refused.said["code"]) == (422, "refund_conflict")
    assert Refund.objects.get().amount_minor == 800


def test_no_more_goes_back_than_came_in(program: Program, paid: str) -> None:
    ask(program, paid, minor=12_000)
    refused = ask(program, paid, "r2", 801)
    assert (refused.status_code, refused.said["code"]) == (409, "nothing_to_refund")
    assert ask(program, paid, "r3", 800).status_code == 201
    assert ask(program, paid, "r4", 1, currency="USD").status_code == 409


def test_an_unpaid_order_has_nothing_to_refund(program: Program) -> None:
    assert ask(program, program.orders().said["order_no"]).said["code"] == "nothing_to_refund"


def test_refunds_are_listed_newest_first_by_order_and_state(
    program: Program, paid: str, shopper_pays: Callable[[str], Attempt]
) -> None:
    other = program.orders(merchant_order_no="shop-2").said["order_no"]
    shopper_pays(other)
    numbers = [
        ask(program, order, number).said["refund_no"] for order, number in ((paid, "a"), (other, "a"), (paid, "b"))
    ]
    first = program.get("/refunds", limit=2).said
    assert [refund["refund_no"] for refund in first["data"]] == numbers[:0:-1]
    assert [r["refund_no"] for r in program.get("/refunds", limit=2, after=first["next"]).said["data"]] == numbers[:1]
    assert [r["refund_no"] for r in program.get("/refunds", order_no=other).said["data"]] == [numbers[1]]
    assert program.get("/refunds", state="succeeded").said["data"] == []


def test_what_became_of_orders_and_refunds_is_told_as_events(program: Program, paid: str, alpha: Books) -> None:
    alpha.refunds_are_final = True
    number = ask(program, paid).said["refund_no"]
    approve_refund(refund_no=number, approver=staff("wang"), now=clock.now())
    send_approved(now=clock.now())
    hear_all()
    unpaid = program.orders(merchant_order_no="shop-2").said["order_no"]
    program.post(f"/orders/{unpaid}/cancel")
    events = program.get("/events").said["data"]
    assert [event["type"] for event in events] == ["order.cancelled", "refund.succeeded", "order.paid"]
    assert events[1]["data"]["refund_no"] == number
    assert events[1]["data"]["refunded_minor"] == 800
    assert events[2]["data"]["order_no"] == paid
    assert program.get(f"/events/{events[0]['id']}").said == events[0]
    assert [e["id"] for e in program.get("/events", order_no=paid, type="order.paid").said["data"]] == [events[2]["id"]]

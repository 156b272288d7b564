"""Idempotency-Key: the same POST again does nothing and hears the same; "we do not know" is no answer."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connections

from cashier.models import Attempt, Refund
from orders.models import IdempotencyRecord, Order
from orders.services.idempotency import LEASE
from payhub.db import committed
from tests.conftest import MovedClock
from tests.integration.api.conftest import Program, new_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.mark.parametrize("path", ["/orders", "/refunds", "/orders/O1/cancel", "/orders/O1/fulfil"])
@pytest.mark.parametrize("key", [None, "", '""', "a b", "ä", "x" * 256])
def test_a_post_without_a_good_key_is_refused(program: Program, path: str, key: str | None) -> None:
    headers = {**program.headers(), **({} if key is None else {"Idempotency-Key": key})}
    answer = program.http.post(f"/api/v1{path}", b"{}", content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_the_same_request_again_hears_the_same(program: Program) -> None:
    first = program.post("/orders", new_order(), key="k1")
    again = program.post("/orders", dict(reversed(new_order().items())), key="k1")
    quoted = program.post("/orders", new_order(), key='"k1"')
    assert first.content == again.content == quoted.content
    assert first.status_code == again.status_code == 201
    assert "Idempotency-Replayed" not in first
    assert again["Idempotency-Replayed"] == "true"


def test_a_refusal_is_an_answer_too(program: Program) -> None:
    program.orders()
    first = program.post("/orders", new_order(amount_minor=1), key="k1")
    again = program.post("/orders", new_order(amount_minor=1), key="k1")
    assert first.content == again.content
    assert again["Content-Type"] == "application/problem+json"
    assert (again.status_code, again["Idempotency-Replayed"]) == (422, "true")


def test_a_key_that_was_used_for_something_else_is_refused(program: Program) -> None:
    order_no = program.post("/orders", new_order(), key="k1").said["order_no"]
    for refused in (
        program.post("/orders", new_order(merchant_order_no="shop-2"), key="k1"),
        program.post(f"/orders/{order_no}/cancel", key="k1"),
    ):
        assert (refused.status_code, refused.said["code"]) == (422, "idempotency_key_reused")
    assert Order.objects.get().state == "AWAITING_PAYMENT"


def test_a_mistake_in_the_request_does_not_use_the_key_up(program: Program) -> None:
    assert program.post("/orders", new_order(amount_minor=0), key="k1").status_code == 422
    assert program.post("/orders", new_order(), key="k1").status_code == 201


def test_keys_of_two_merchants_are_two_keys(program: Program, stranger: Program) -> None:
    mine = program.post("/orders", new_order(), key="k1").said
    theirs = stranger.post("/orders", new_order(), key="k1")
    assert theirs.status_code == 201
    assert theirs.said["order_no"] != mine["order_no"]


def test_an_answer_is_kept_as_long_as_the_order_is(program: Program, moved_clock: MovedClock) -> None:
    first = program.post("/orders", new_order(), key="k1")
    moved_clock.forward(days=3650)
    assert program.post("/orders", new_order(), key="k1").content == first.content


def test_answers_are_sealed_in_the_database(program: Program) -> None:
    program.post("/orders", new_order(contact="li@shopper.example"), key="k1")
    assert "shopper" not in IdempotencyRecord.objects.get().sealed_body


def test_a_request_that_broke_is_no_answer_and_is_carried_out_when_it_comes_again(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.http.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("orders.services.place.collect", lambda **_: 1 / 0)
        broken = program.post("/orders", new_order(), key="k1")
    assert (broken.status_code, broken.said["code"]) == (500, "internal")
    again = program.post("/orders", new_order(), key="k1")
    assert again.status_code == 201
    assert "Idempotency-Replayed" not in again
    assert Order.objects.count() == 1


def test_a_request_whose_process_died_is_waited_for_and_then_carried_out(
    program: Program, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.http.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("orders.services.place.collect", lambda **_: 1 / 0)
        patch.setattr("orders.services.idempotency.abandon", lambda **_: None)  # the process is gone
        program.post("/orders", new_order(), key="k1")
    waiting = program.post("/orders", new_order(), key="k1")
    assert (waiting.status_code, waiting.said["code"]) == (409, "still_running")
    moved_clock.forward(seconds=LEASE.total_seconds())
    assert program.post("/orders", new_order(), key="k1").status_code == 201
    assert Order.objects.count() == 1


def test_a_refund_that_broke_after_it_was_asked_for_is_asked_for_once(
    program: Program, shopper_pays: Callable[[str], Attempt], monkeypatch: pytest.MonkeyPatch
) -> None:
    order_no = program.orders().said["order_no"]
    shopper_pays(order_no)
    program.http.raise_request_exception = False
    said = {"order_no": order_no, "merchant_refund_no": "r1", "amount_minor": 100, "currency": "CNY"}
    with monkeypatch.context() as patch:
        patch.setattr("cashier.public.find_refund", lambda **_: 1 / 0)
        assert program.post("/refunds", said, key="k1").status_code == 500
    assert program.post("/refunds", said, key="k1").status_code == 201
    assert program.post("/refunds", said, key="k2").status_code == 201
    assert Refund.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_key_are_carried_out_once(program: Program) -> None:
    begin, answers = Barrier(6), list[Any]()

    def send() -> None:
        one = Program(program.secret)
        begin.wait()
        answers.append(one.post("/orders", new_order(), key="k1"))
        connections.close_all()

    threads = [Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = [answer for answer in answers if answer.status_code == 201]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert made
    assert all(answer.said["code"] == "still_running" for answer in refused)
    assert len({answer.content for answer in made}) == 1
    with committed():
        assert Order.objects.count() == IdempotencyRecord.objects.count() == 1

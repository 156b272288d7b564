"""Who is let in: keys that work, for what they are for, and no faster than is good for everybody."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from orders.models import ApiKey, Scope
from orders.services.api_keys import issue_key, revoke_key, roll_key
from orders.tasks import note_key_use
from payhub import clock
from payhub.merchants.models import Merchant
from tests.conftest import MovedClock
from tests.integration.api.conftest import Program, key_for, new_order

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


def test_a_secret_is_shown_once_and_kept_nowhere(merchant: Merchant) -> None:
    secret = key_for(merchant)
    key = ApiKey.objects.get()
    assert secret.startswith("sk_test_")
    assert len(secret) == len("sk_test_") + 32
    assert secret not in str(vars(key))
    assert key.shown == f"sk_test_…{secret[-4:]}"


def test_a_merchant_that_sells_for_real_gets_live_keys() -> None:
    real = Merchant.objects.create(code="real", name="Real", created_at=clock.now())
    assert key_for(real).startswith("sk_live_")


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic sk_test_x", "Bearer sk_test_00000000000000000000000000000000", "Bearer {} x", "{}"],
)
def test_whoever_shows_no_good_key_is_told_nothing_but_that(program: Program, header: str) -> None:
    answer = Client().get("/api/v1/orders", headers={"Authorization": header.format(program.secret)})
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"


def test_a_revoked_key_stops_at_once(program: Program, merchant: Merchant) -> None:
    key = ApiKey.objects.get()
    revoke_key(merchant=merchant, key_id=key.pk, actor="staff:li", now=clock.now())
    assert program.get("/orders").status_code == 401
    assert program.orders().status_code == 401


def test_a_rolled_key_works_for_another_day_beside_the_new_one(
    program: Program, merchant: Merchant, moved_clock: MovedClock
) -> None:
    old = ApiKey.objects.get()
    new, secret = roll_key(merchant=merchant, key_id=old.pk, actor="staff:li", now=clock.now())
    assert new.scopes == old.scopes
    moved_clock.forward(hours=23, minutes=59)
    assert program.get("/orders").status_code == Program(secret).get("/orders").status_code == 200
    moved_clock.forward(minutes=2)
    assert program.get("/orders").status_code == 401
    assert Program(secret).get("/orders").status_code == 200


def test_a_rolled_key_can_still_be_revoked_and_is_not_given_more_time(
    program: Program, merchant: Merchant, moved_clock: MovedClock
) -> None:
    old = ApiKey.objects.get()
    roll_key(merchant=merchant, key_id=old.pk, actor="staff:li", now=clock.now())
    until = clock.now() + timedelta(hours=24)
    moved_clock.forward(hours=1)
    roll_key(merchant=merchant, key_id=old.pk, actor="staff:li", now=clock.now())
    assert ApiKey.objects.get(pk=old.pk).ends_at == until
    revoke_key(merchant=merchant, key_id=old.pk, actor="staff:li", now=clock.now())
    assert program.get("/orders").status_code == 401


def test_the_keys_of_a_merchant_that_is_switched_off_open_nothing(program: Program, merchant: Merchant) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(is_active=False)
    assert program.get("/orders").status_code == 401


def test_a_key_does_what_it_is_for_and_nothing_else(merchant: Merchant) -> None:
    reads, writes = Program(key_for(merchant, Scope.READ)), Program(key_for(merchant, Scope.WRITE))
    refused = reads.orders()
    assert (refused.status_code, refused.said["code"]) == (403, "not_allowed")
    order_no = writes.orders().said["order_no"]
    assert reads.get(f"/orders/{order_no}").status_code == 200
    assert writes.get(f"/orders/{order_no}").status_code == 200
    said = {"order_no": order_no, "merchant_refund_no": "r1", "amount_minor": 1, "currency": "CNY"}
    assert writes.post("/refunds", said).status_code == 403


def test_whoever_asks_too_often_is_told_when_to_come_again(program: Program, settings: object) -> None:
    settings.API_CALLS_BY_KEY = 2  # type: ignore[attr-defined]
    assert [program.get("/orders").status_code for _ in range(3)] == [200, 200, 429]
    refused = program.get("/orders")
    assert refused["Retry-After"] == "10"
    assert refused.said["code"] == "too_many_requests"
    cache.clear()
    assert program.get("/orders").status_code == 200


def test_guessing_keys_is_slowed_down_and_stops_nobody_else(program: Program) -> None:
    guesses = [Client().get("/api/v1/orders").status_code for _ in range(61)]
    assert guesses[-2:] == [401, 429]
    assert program.get("/orders").status_code == 200


def test_that_a_key_was_used_is_written_down_by_a_worker_once_a_minute(
    program: Program, no_wakes: list[tuple[str, dict[str, int]]]
) -> None:
    program.get("/orders")
    program.get("/orders")
    noted = [ids for name, ids in no_wakes if name == "orders.note_key_use"]
    assert len(noted) == 1
    note_key_use(**noted[0])
    assert ApiKey.objects.get().last_used_at is not None


def test_every_answer_has_a_number_that_is_in_the_log(program: Program, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        refused = program.get("/orders/none")
    assert refused.said["request_id"] == refused["X-Request-Id"]
    assert program.get("/orders")["X-Request-Id"]
    assert program.orders()["X-Request-Id"]


def test_an_address_that_is_none_is_a_problem_and_no_page(program: Program) -> None:
    answer = program.get("/nothing")
    assert (answer.status_code, answer.said["code"]) == (404, "not_found")
    assert program.call("DELETE", "/orders").said["code"] == "method_not_allowed"


def test_a_key_made_for_tests_opens_nothing_when_its_merchant_becomes_a_real_one(
    program: Program, merchant: Merchant
) -> None:
    Merchant.objects.filter(pk=merchant.pk).update(is_test=False)
    assert program.get("/orders").status_code == 401


def test_test_and_live_see_apart_data(program: Program) -> None:
    real = Merchant.objects.create(code="lantern-live", name="Lantern Books", created_at=clock.now())
    live = Program(key_for(real))
    tried = program.orders().said
    sold = live.orders().said
    assert (tried["is_test"], sold["is_test"]) == (True, False)
    assert tried["order_no"] != sold["order_no"]
    for one, other in ((program, sold), (live, tried)):
        assert one.get(f"/orders/{other['order_no']}").status_code == 404
        assert [order["order_no"] for order in one.get("/orders").said["data"]] != [other["order_no"]]


def test_the_name_of_a_key_and_its_maker_are_remembered(merchant: Merchant) -> None:
    key, _ = issue_key(merchant=merchant, name="Web shop", scopes=[Scope.READ], actor="merchant:li", now=clock.now())
    assert (key.name, key.created_by, key.scopes) == ("Web shop", "merchant:li", ["read"])


def test_a_name_that_no_field_has_is_refused(program: Program) -> None:
    refused = program.post("/orders", {**new_order(), "state": "paid"})
    assert refused.status_code == 422
    assert refused.said["errors"] == [{"field": "state", "message": "There is no such field."}]

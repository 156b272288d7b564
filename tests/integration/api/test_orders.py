"""Orders by the API: made once, seen by their merchant, never shown to another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core import serializers
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cashier.models import Attempt, Payment
from orders.models import Order
from orders.services.ask import ask_waiting
from payhub import clock
from payhub.api.fields import MAX_AMOUNT_MINOR
from payhub.merchants.models import Merchant
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Event
from payhub.trail.models import OperationRecord
from tests.conftest import MovedClock
from tests.integration.api.conftest import Program, new_order
from tests.plans import full_reads

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


def test_a_new_order_says_where_the_shopper_pays(program: Program) -> None:
    answer = program.orders()
    assert answer.status_code == 201
    said = answer.said
    assert (said["state"], said["amount_minor"], said["currency"]) == ("awaiting_payment", 12_800, "CNY")
    assert said["payment"]["cashier_url"].startswith("http://testserver/c/")
    assert said["payment"]["progress"] == "none"
    assert said["is_test"] is True
    assert said["created_at"].endswith("Z")
    assert program.get(f"/orders/{said['order_no']}").said == said
    assert program.get("/orders/by-merchant-no/shop-1").said == said


def test_the_same_number_again_is_the_same_order(program: Program) -> None:
    first, second = program.orders(), program.orders()
    assert first.said == second.said
    assert Order.objects.count() == Payment.objects.count() == 1


@pytest.mark.parametrize("change", [{"amount_minor": 12_801}, {"currency": "USD"}, {"title": "Three books"}])
def test_the_same_number_with_other_terms_is_refused(program: Program, change: dict[str, object]) -> None:
    program.orders()
    refused = program.orders(**change)
    assert (refused.status_code, refused.said["code"]) == (422, "merchant_order_no_taken")
    assert Order.objects.get().amount_minor == 12_800


def test_the_payers_id_reaches_the_payment_and_is_never_shown_or_changed(
    program: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    openid = "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"
    first, again = program.orders(payer_id=openid), program.orders(payer_id="oAnother")
    assert first.said == again.said
    assert Payment.objects.get().payer_id == openid
    told = [
        first,
        program.get(f"/orders/{first.said['order_no']}"),
        program.get(f"/orders/{first.said['order_no']}/payment"),
    ]
    told.append(program.get(f"/orders/{first.said['order_no']}/timeline"))
    written = serializers.serialize("json", [*OperationRecord.objects.all(), *Event.objects.all()])
    assert [
        place for place in (*(answer.content.decode() for answer in told), written, caplog.text) if openid in place
    ] == []


def test_an_order_without_a_payers_id_is_as_before(program: Program) -> None:
    assert program.orders(payer_id="").status_code == 201
    assert Payment.objects.get().payer_id == ""


@pytest.mark.parametrize("payer_id", ["o 1", "o1\n", "x" * 129, 7, None, ["o1"], "微信"])
def test_what_is_no_id_is_refused_without_being_repeated(program: Program, payer_id: object) -> None:
    refused = program.orders(payer_id=payer_id)
    assert (refused.status_code, [error["field"] for error in refused.said["errors"]]) == (422, ["payer_id"])
    assert not isinstance(payer_id, str) or payer_id not in refused.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_minor": 0}, "amount_minor"),
        ({"amount_minor": -1}, "amount_minor"),
        ({"amount_minor": 12.5}, "amount_minor"),
        ({"amount_minor": "12800"}, "amount_minor"),
        ({"amount_minor": True}, "amount_minor"),
        ({"amount_minor": MAX_AMOUNT_MINOR + 1}, "amount_minor"),
        ({"amount_minor": 10**400}, "amount_minor"),
        ({"currency": "XXX"}, "currency"),
        ({"currency": "cny"}, "currency"),
        ({"merchant_order_no": ""}, "merchant_order_no"),
        ({"merchant_order_no": "a b"}, "merchant_order_no"),
        ({"merchant_order_no": "shop-1\n"}, "merchant_order_no"),
        ({"merchant_order_no": "x" * 65}, "merchant_order_no"),
        ({"merchant_order_no": 7}, "merchant_order_no"),
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"title": None}, "title"),
    ],
)
def test_what_cannot_be_is_refused_field_by_field(program: Program, change: dict[str, object], field: str) -> None:
    refused = program.orders(**change)
    assert (refused.status_code, refused.said["code"]) == (422, "invalid")
    assert [error["field"] for error in refused.said["errors"]] == [field]
    assert not Order.objects.exists()


@pytest.mark.parametrize("field", sorted({field.name for field in Order._meta.get_fields()} - set(new_order())))
def test_no_other_field_of_an_order_can_be_set_from_outside(program: Program, field: str) -> None:
    if field in {"return_url", "buyer_name", "contact"}:
        return
    assert program.post("/orders", {**new_order(), field: "1"}).status_code == 422
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 400),
        (b'"x"', 400),
        (b"{", 400),
        (b'{"a": NaN}', 400),
        (b'{"merchant_order_no": "1", "merchant_order_no": "2"}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b"\xff\xfe{}", 400),
        (b'{"a":' * 100_000, 413),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b'{"a":' * 20 + b"1" + b"}" * 20, 400),
    ],
)
def test_a_body_with_more_than_one_meaning_or_none_is_refused(program: Program, body: bytes, status: int) -> None:
    assert program.post("/orders", body).status_code == status
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "multipart/form-data"],
)
def test_only_json_is_read(program: Program, kind: str) -> None:
    headers = {**program.headers(), "Idempotency-Key": "k"}
    answer = program.http.post("/api/v1/orders", b"{}", content_type=kind, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_shoppers_are_sent_back_to_registered_addresses_only(program: Program, merchant: Merchant) -> None:
    merchant.return_urls = ["https://shop.example/back"]
    merchant.save()
    for hostile in (
        "https://evil.example/",
        "https://shop.example/back/",
        "https://shop.example/back?to=//evil.example",
        "https://shop.example@evil.example/back",
        "//shop.example/back",
        "javascript:alert(1)",
        "https://shop.example/back#x",
        "HTTPS://shop.example/back",
    ):
        refused = program.orders(return_url=hostile)
        assert (refused.status_code, refused.said["code"]) == (422, "return_url_not_registered")
    order = program.orders(return_url="https://shop.example/back").said
    assert Payment.objects.get().return_url == f"https://shop.example/back?order_no={order['order_no']}"


def test_a_paid_order_says_so_and_its_payment_tells_how(
    program: Program, shopper_pays: Callable[[str], Attempt]
) -> None:
    order_no = program.orders().said["order_no"]
    attempt = shopper_pays(order_no)
    order = program.get(f"/orders/{order_no}").said
    assert (order["state"], order["payment"]["state"], order["payment"]["progress"]) == ("paid", "paid", "ended")
    payment = program.get(f"/orders/{order_no}/payment").said
    (tried,) = payment["attempts"]
    assert (tried["attempt_no"], tried["state"], tried["known_by"]) == (attempt.attempt_no, "succeeded", "query")
    story = [line["what"] for line in program.get(f"/orders/{order_no}/timeline").said["data"]]
    assert story[0] == "Order placed"
    assert "Money received" in story
    assert "Order paid" in story


def test_cancelling_ends_an_unpaid_order_and_comes_too_late_for_a_paid_one(
    program: Program, shopper_pays: Callable[[str], Attempt]
) -> None:
    unpaid = program.orders().said["order_no"]
    cancelled = program.post(f"/orders/{unpaid}/cancel")
    assert (cancelled.status_code, cancelled.said["state"]) == (200, "cancelled")
    paid = program.orders(merchant_order_no="shop-2").said["order_no"]
    shopper_pays(paid)
    refused = program.post(f"/orders/{paid}/cancel")
    assert (refused.status_code, refused.said["code"]) == (409, "too_late_to_cancel")


def test_a_paid_order_can_be_marked_as_sent(program: Program, shopper_pays: Callable[[str], Attempt]) -> None:
    order_no = program.orders().said["order_no"]
    assert program.post(f"/orders/{order_no}/fulfil").said["code"] == "order_not_paid"
    shopper_pays(order_no)
    assert program.post(f"/orders/{order_no}/fulfil").said["state"] == "fulfilled"


def test_pages_neither_skip_nor_repeat_when_new_orders_come(program: Program) -> None:
    made = [program.orders(merchant_order_no=f"shop-{n}").said["order_no"] for n in range(5)]
    first = program.get("/orders", limit=2).said
    program.orders(merchant_order_no="later")
    second = program.get("/orders", limit=2, after=first["next"]).said
    last = program.get("/orders", limit=2, after=second["next"]).said
    seen = [order["order_no"] for page in (first, second, last) for order in page["data"]]
    assert seen == made[::-1]
    assert [page["has_more"] for page in (first, second, last)] == [True, True, False]
    assert last["next"] == ""


def test_orders_are_found_by_state_and_time(
    program: Program, shopper_pays: Callable[[str], Attempt], moved_clock: MovedClock
) -> None:
    early = program.orders().said
    noon = moved_clock.forward(hours=1).isoformat()
    late = program.orders(merchant_order_no="shop-2").said
    shopper_pays(late["order_no"])

    def found(**asked: str) -> list[str]:
        return [order["order_no"] for order in program.get("/orders", **asked).said["data"]]

    assert found(state="paid") == [late["order_no"]]
    assert found(state="awaiting_payment") == [early["order_no"]]
    assert found(created_from=noon) == [late["order_no"]]
    assert found(created_before=noon) == [early["order_no"]]


@pytest.mark.parametrize(
    "query",
    [
        "order__merchant__secret__startswith=a",
        "merchant=1",
        "ordering=id",
        "limit=0",
        "limit=101",
        "limit=x",
        "state=PAID",
        "created_from=yesterday",
        "state=paid&state=paid",
        "after=%00",
        "after=a'--",
    ],
)
def test_only_the_filters_that_there_are_can_be_asked_for(program: Program, query: str) -> None:
    answer = program.http.get(f"/api/v1/orders?{query}", headers=program.headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_payment_that_a_crash_left_out_is_none_yet_and_comes_by_itself(
    program: Program, monkeypatch: pytest.MonkeyPatch, moved_clock: MovedClock
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("orders.services.place.collect", lambda **_: 1 / 0)
        program.http.raise_request_exception = False
        broken = program.orders()
    assert (broken.status_code, broken.said["code"]) == (500, "internal")
    assert program.get("/orders/by-merchant-no/shop-1").said["payment"] is None
    moved_clock.forward(minutes=2)
    ask_waiting(now=clock.now())
    assert program.get("/orders/by-merchant-no/shop-1").said["payment"]["state"] == "open"


def statements(act: Callable[[], object]) -> int:
    """Count what is sent to the database, but for the marks of transactions."""
    marks = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")
    with CaptureQueriesContext(connection) as asked:
        act()
    return len([query for query in asked.captured_queries if not query["sql"].startswith(marks)])


def test_making_an_order_costs_eight_statements_and_reading_it_three(
    program: Program, shopper_pays: Callable[[str], Attempt]
) -> None:
    assert statements(program.orders) <= 8
    order_no = Order.objects.get().order_no
    assert statements(lambda: program.get(f"/orders/{order_no}")) <= 3
    shopper_pays(order_no)
    assert statements(lambda: program.get(f"/orders/{order_no}")) <= 3


def fill(merchant: Merchant, count: int) -> None:
    """Put orders and their payments into the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_order (order_no, token, merchant_id, merchant_order_no, return_url, buyer, buyer_name, "
            "contact, address, title, items, amount_minor, currency, digest, created_at, state, payment_no, "
            "refunded_minor) SELECT 'O' || n, 'order' || n, %s, 'm' || n, '', '', '', '', '', 'Two books', '[]', 100, "
            "'CNY', '', now(), 'AWAITING_PAYMENT', '', 0 FROM generate_series(1, %s) n",
            [merchant.pk, count],
        )
        cursor.execute(
            "INSERT INTO cashier_payment (payment_no, token, merchant_id, merchant_order_no, amount_minor, currency, "
            "title, return_url, help_url, created_at, expires_at, state, close_wanted) SELECT 'P' || n, "
            "'payment' || n, %s, 'O' || n, 100, 'CNY', 'Two books', '', '', now(), now(), 'OPEN', '' "
            "FROM generate_series(1, %s) n",
            [merchant.pk, count],
        )
        cursor.execute("ANALYZE orders_order, cashier_payment")


@pytest.mark.parametrize("rows", [100, 100_000])
def test_listing_a_hundred_orders_costs_four_statements_however_many_there_are(
    program: Program, merchant: Merchant, rows: int
) -> None:
    fill(merchant, rows)
    pages: list[dict[str, object]] = []
    assert statements(lambda: pages.append(program.get("/orders", limit=100).said)) <= 4
    assert len(pages[0]["data"]) == 100  # type: ignore[arg-type]
    assert pages[0]["has_more"] is (rows > 100)


def test_nothing_about_an_order_reads_a_growing_table_from_end_to_end(
    program: Program, shopper_pays: Callable[[str], Attempt]
) -> None:
    with CaptureQueriesContext(connection) as asked:
        order_no = str(program.orders().said["order_no"])
        shopper_pays(order_no)
        deliver_due(now=clock.now())
        program.get(f"/orders/{order_no}")
        program.get(f"/orders/{order_no}/timeline")
    assert full_reads(query["sql"] for query in asked.captured_queries) == {}

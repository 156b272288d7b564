"""Webhooks: signed, retried, logged; switched off when nobody is there; sent again when somebody wants it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from cashier.models import Attempt
from orders.models import Order, WebhookDelivery, WebhookEndpoint, WebhookTry
from orders.services.forget import forget_webhooks
from orders.services.send_webhooks import OFF_AFTER, RETRY_AFTER_S, body_of, send_due, signatures
from orders.services.webhook_endpoints import new_secret
from payhub import clock
from payhub.guarded_http import Guard
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Event
from payhub.vault import seal
from tests.conftest import MovedClock
from tests.integration.api.conftest import Program

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.fixture(autouse=True)
def a_clock_that_stands(moved_clock: MovedClock) -> None:
    """Begin at the real time: the library that verifies signatures looks at the real clock."""
    moved_clock.at = datetime.now(UTC)  # noqa: TID251 - see above


class Shop(ThreadingHTTPServer):
    """A merchant's receiver: keeps what it hears, and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.says = b"thanks"

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    server: Shop

    def do_POST(self) -> None:
        """Keep it, and answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.says)))
        self.end_headers()
        self.wfile.write(self.server.says)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A receiver on this machine."""
    server = Shop()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def endpoint(program: Program, shop: Shop) -> dict[str, Any]:
    """The merchant's endpoint at the shop, with its secret."""
    made: dict[str, Any] = program.post("/webhook-endpoints", {"url": shop.url}).said
    return made


@pytest.fixture
def paid(program: Program, endpoint: dict[str, Any], shopper_pays: Callable[[str], Attempt]) -> str:
    """A paid order, of which the endpoint is to hear."""
    order_no: str = program.orders().said["order_no"]
    shopper_pays(order_no)
    return order_no


def send() -> int:
    return send_due(now=clock.now())


def test_the_signature_is_the_one_of_the_public_vector() -> None:
    """Standard Webhooks, the reference libraries' own test."""
    endpoint = WebhookEndpoint(sealed_secrets=seal({"current": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}))
    at = datetime.fromtimestamp(1614265330, tz=UTC)
    signed = signatures(endpoint, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("offset_h", [-8, 0, 8])
def test_the_signature_does_not_depend_on_the_time_zone(offset_h: int) -> None:
    endpoint = WebhookEndpoint(sealed_secrets=seal({"current": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}))
    at = datetime.fromtimestamp(1614265330, tz=timezone(timedelta(hours=offset_h)))
    assert signatures(endpoint, "msg_p5jXN8AQM9LWM0D4loKWxJek", '{"test": 2432232314}', at).startswith("v1,g0hM9SsE+")


def test_a_paid_order_is_told_once_signed_and_says_what_the_api_says(
    program: Program, shop: Shop, endpoint: dict[str, Any], paid: str
) -> None:
    assert send() == 1
    assert send() == 0
    ((headers, body),) = shop.heard
    said = Webhook(endpoint["secret"]).verify(body, headers)
    assert said == program.get("/events").said["data"][0]
    assert (said["type"], said["data"]["order_no"], said["data"]["state"]) == ("order.paid", paid, "paid")
    assert headers["webhook-id"] == said["id"]
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, headers)


def test_an_event_reads_the_same_in_every_try(paid: str, program: Program, shop: Shop, moved_clock: MovedClock) -> None:
    shop.status = 500
    send()
    moved_clock.forward(seconds=10)
    send()
    (_, first), (_, second) = shop.heard
    assert first == second
    assert json.loads(first)["id"] == Event.objects.get(name="order.paid").event_id
    assert body_of(Event.objects.get(name="order.paid"), Order.objects.get().merchant).encode() == first


def test_what_was_not_received_is_sent_again_by_the_schedule_and_then_given_up(
    paid: str, shop: Shop, moved_clock: MovedClock
) -> None:
    shop.status = 500
    assert send() == 1
    for tries, wait in enumerate(RETRY_AFTER_S, start=1):
        delivery = WebhookDelivery.objects.get()
        assert delivery.next_at is not None
        assert timedelta(seconds=wait) <= delivery.next_at - clock.now() <= timedelta(seconds=wait * 1.1)
        assert (delivery.tries, delivery.outcome) == (tries, "PENDING")
        moved_clock.at = delivery.next_at - timedelta(milliseconds=1)
        assert send() == 0
        moved_clock.at = delivery.next_at
        assert send() == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.outcome, delivery.next_at, len(shop.heard)) == ("FAILED", None, 1 + len(RETRY_AFTER_S))
    assert RETRY_AFTER_S == (5, 300, 1800, 7200, 18_000, 36_000, 36_000)


@pytest.mark.parametrize("status", [301, 302, 400, 404, 500, 503])
def test_only_a_2xx_is_received(paid: str, shop: Shop, status: int) -> None:
    shop.status = status
    send()
    assert WebhookDelivery.objects.get().outcome == "PENDING"
    shop.status = 204
    shop.says = b""
    WebhookDelivery.objects.update(next_at=clock.now())
    send()
    assert WebhookDelivery.objects.get().outcome == "SUCCEEDED"


def test_a_receiver_that_is_gone_hears_nothing_more(paid: str, shop: Shop, program: Program) -> None:
    shop.status = 410
    send()
    shown = program.get("/webhook-endpoints").said["data"][0]
    assert (shown["is_on"], shown["off_because"]) == (False, "gone")
    assert WebhookDelivery.objects.get().outcome == "WILL_NOT_SEND"


def test_an_endpoint_that_failed_for_five_days_is_switched_off_and_can_be_recovered(
    paid: str, program: Program, shop: Shop, endpoint: dict[str, Any], moved_clock: MovedClock
) -> None:
    begun = clock.now() - timedelta(minutes=1)
    shop.status = 500
    send()
    moved_clock.forward(seconds=OFF_AFTER.total_seconds())
    send()
    path = f"/webhook-endpoints/{endpoint['endpoint_no']}"
    assert program.get(path).said["off_because"] == "failing"
    unpaid = program.orders(merchant_order_no="shop-2").said["order_no"]
    program.post(f"/orders/{unpaid}/cancel")
    _deliver_events()
    assert send() == 0
    shop.status = 200
    assert program.post(f"{path}/recover", {"since": begun.isoformat()}).said == {"count": 0}
    assert program.call("PATCH", path, {"is_on": True}).said["is_on"] is True
    assert program.post(f"{path}/recover", {"since": begun.isoformat()}).said == {"count": 2}
    assert send() + send() == 2
    assert {delivery.outcome for delivery in WebhookDelivery.objects.all()} == {"SUCCEEDED"}


def _deliver_events() -> None:
    while deliver_due(now=clock.now()):
        pass


def test_success_after_failures_clears_the_record(paid: str, shop: Shop) -> None:
    shop.status = 500
    send()
    assert WebhookEndpoint.objects.get().failing_since is not None
    shop.status = 200
    WebhookDelivery.objects.update(next_at=clock.now())
    send()
    assert WebhookEndpoint.objects.get().failing_since is None


def test_a_delivery_is_sent_again_by_hand_with_the_same_id_and_a_new_signature(
    paid: str, program: Program, shop: Shop, endpoint: dict[str, Any], moved_clock: MovedClock
) -> None:
    send()
    (delivery,) = program.get("/webhook-deliveries").said["data"]
    moved_clock.forward(hours=1)
    sent = program.post(f"/webhook-deliveries/{delivery['delivery_no']}/resend")
    assert (sent.said["status"], sent.said["by_hand"], sent.said["response_body"]) == (200, True, "thanks")
    (first, _), (second, _) = shop.heard
    assert first["webhook-id"] == second["webhook-id"]
    assert first["webhook-signature"] != second["webhook-signature"]
    shown = program.get(f"/webhook-deliveries/{delivery['delivery_no']}").said
    assert [one["by_hand"] for one in shown["log"]] == [False, True]


def test_sending_by_hand_works_for_an_endpoint_that_is_off_and_changes_no_record(
    paid: str, program: Program, shop: Shop, endpoint: dict[str, Any]
) -> None:
    program.call("PATCH", f"/webhook-endpoints/{endpoint['endpoint_no']}", {"is_on": False})
    number = WebhookDelivery.objects.get().delivery_no
    shop.status = 500
    assert program.post(f"/webhook-deliveries/{number}/resend").said["status"] == 500
    assert WebhookEndpoint.objects.get().failing_since is None
    assert WebhookDelivery.objects.get().outcome == "WILL_NOT_SEND"
    shop.status = 200
    program.post(f"/webhook-deliveries/{number}/resend")
    assert WebhookDelivery.objects.get().outcome == "SUCCEEDED"
    assert WebhookEndpoint.objects.get().off_because == "BY_HAND"


def test_for_a_day_after_rolling_both_secrets_verify(
    paid: str, program: Program, shop: Shop, endpoint: dict[str, Any], moved_clock: MovedClock
) -> None:
    rolled = program.post(f"/webhook-endpoints/{endpoint['endpoint_no']}/roll").said
    send()
    headers, body = shop.heard[-1]
    for secret in (endpoint["secret"], rolled["secret"]):
        Webhook(secret).verify(body, headers)
    WebhookEndpoint.objects.update(previous_until=clock.now())
    WebhookDelivery.objects.update(next_at=clock.now(), outcome="PENDING")
    send()
    headers, body = shop.heard[-1]
    Webhook(rolled["secret"]).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(body, headers)


def test_an_endpoint_hears_what_it_wants_to_hear(program: Program, shop: Shop) -> None:
    program.post("/webhook-endpoints", {"url": shop.url, "events": ["order.paid"]})
    order_no = program.orders().said["order_no"]
    program.post(f"/orders/{order_no}/cancel")
    _deliver_events()
    assert not WebhookDelivery.objects.exists()
    assert program.post("/webhook-endpoints", {"url": shop.url, "events": ["order.lost"]}).status_code == 422


def test_a_test_event_goes_to_that_endpoint_only(program: Program, shop: Shop, endpoint: dict[str, Any]) -> None:
    program.post("/webhook-endpoints", {"url": shop.url})
    assert program.post(f"/webhook-endpoints/{endpoint['endpoint_no']}/test").status_code == 201
    assert send() == 1
    assert json.loads(shop.heard[0][1])["type"] == "test"


def test_one_endpoint_with_many_messages_does_not_hold_up_another(
    program: Program, shop: Shop, endpoint: dict[str, Any]
) -> None:
    other = program.post("/webhook-endpoints", {"url": shop.url}).said
    for _ in range(10):
        program.post(f"/webhook-endpoints/{endpoint['endpoint_no']}/test")
    program.post(f"/webhook-endpoints/{other['endpoint_no']}/test")
    assert send() == 2
    assert WebhookDelivery.objects.get(endpoint__endpoint_no=other["endpoint_no"]).outcome == "SUCCEEDED"


def test_nobody_is_called_at_an_address_that_became_hostile(paid: str, program: Program, shop: Shop) -> None:
    WebhookEndpoint.objects.update(url="https://shop.example.com/hook")
    send_due(now=clock.now(), by=Guard(resolver=lambda host, port: ["10.0.0.1"]))
    tried = WebhookTry.objects.get()
    assert (tried.status, tried.error.startswith("Not sent")) == (None, True)
    assert not shop.heard


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "https://intranet/", "file:///etc/passwd", "https://127.1/"])
def test_a_hostile_address_is_not_saved(program: Program, endpoint: dict[str, Any], url: str) -> None:
    assert program.post("/webhook-endpoints", {"url": url}).said["code"] == "url_refused"
    path = f"/webhook-endpoints/{endpoint['endpoint_no']}"
    assert program.call("PATCH", path, {"url": url}).said["code"] == "url_refused"
    assert WebhookEndpoint.objects.count() == 1


def test_an_answer_is_kept_up_to_a_kilobyte_and_can_hold_anything(paid: str, shop: Shop) -> None:
    shop.says = b"\x00\xff<script>" + b"x" * 5000
    send()
    tried = WebhookTry.objects.get()
    assert "<script>" in tried.response_body
    assert len(tried.response_body) <= 1024


def test_a_crash_while_sending_is_made_good_when_the_claim_runs_out(
    paid: str, shop: Shop, moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("orders.services.send_webhooks._note", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            send()
    assert send() == 0
    moved_clock.forward(seconds=61)
    assert send() == 1
    assert len(shop.heard) == 2


def test_the_log_is_kept_for_thirty_days(paid: str, program: Program, moved_clock: MovedClock) -> None:
    send()
    moved_clock.forward(days=29)
    assert forget_webhooks(now=clock.now()) == 0
    moved_clock.forward(days=2)
    assert forget_webhooks(now=clock.now()) == 2
    assert not WebhookDelivery.objects.exists()
    assert program.get("/events").said["data"]


def test_a_removed_endpoint_takes_its_log_along(paid: str, program: Program, endpoint: dict[str, Any]) -> None:
    send()
    path = f"/webhook-endpoints/{endpoint['endpoint_no']}"
    assert program.call("DELETE", path).status_code == 204
    assert program.get(path).status_code == 404
    assert not WebhookTry.objects.exists()


def test_there_are_ten_endpoints_at_most(program: Program, shop: Shop) -> None:
    answers = [program.post("/webhook-endpoints", {"url": shop.url}).status_code for _ in range(11)]
    assert answers == [201] * 10 + [409]


def test_deliveries_are_found_by_endpoint_outcome_event_and_order(
    paid: str, program: Program, endpoint: dict[str, Any]
) -> None:
    number = endpoint["endpoint_no"]
    for asked in ({"endpoint_no": number}, {"outcome": "pending"}, {"event_type": "order.paid"}, {"order_no": paid}):
        assert len(program.get("/webhook-deliveries", **asked).said["data"]) == 1
    for asked in ({"endpoint_no": "W0"}, {"outcome": "failed"}, {"event_type": "test"}, {"order_no": "O0"}):
        assert program.get("/webhook-deliveries", **asked).said["data"] == []


def test_a_secret_is_kept_sealed(endpoint: dict[str, Any]) -> None:
    assert endpoint["secret"].startswith("whsec_")
    assert endpoint["secret"] not in str(vars(WebhookEndpoint.objects.get()))

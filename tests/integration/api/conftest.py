"""A merchant's program: it has keys, and talks to the real routes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from cashier.models import Attempt, ChannelAccount, Payment
from cashier.services.pay import Choice, pay
from cashier.services.query import query_attempt
from orders.api.urls import routes as order_routes
from orders.models import Complaint, Scope
from orders.models.statement import Party
from orders.services.api_keys import issue_key
from orders.services.complaints.statements import request_statement
from payhub import clock, numbers
from payhub.merchants.models import Merchant
from payhub.outbox.deliver import deliver_due
from reconciliation.api.urls import routes as book_routes
from reconciliation.models import Bill, Tally
from tests.conftest import staff
from tests.played.channel import Books

ROUTES = (*order_routes, *book_routes)
DAY = date(2026, 5, 4)
EVERYTHING = (Scope.READ, Scope.WRITE, Scope.REFUND)


@pytest.fixture(autouse=True)
def empty_redis() -> Iterator[None]:
    """Start with an empty Redis."""
    cache.clear()
    yield
    cache.clear()


class Program:
    """Calls the API with one key."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.http = Client()

    def get(self, path: str, **query: Any) -> Any:
        """GET, and return the answer with what it says in `said`."""
        return read(self.http.get(f"/api/v1{path}", query, headers=self.headers()))

    def post(self, path: str, said: Any = None, key: str | None = None) -> Any:
        """POST with a new Idempotency-Key, or with this one."""
        headers = {**self.headers(), "Idempotency-Key": key or numbers.nonce()}
        body = said if isinstance(said, bytes) else json.dumps({} if said is None else said).encode()
        return read(self.http.post(f"/api/v1{path}", body, content_type="application/json", headers=headers))

    def call(self, method: str, path: str, said: Any = None) -> Any:
        """Send any method."""
        headers = {**self.headers(), "Idempotency-Key": numbers.nonce()}
        body = "" if said is None else json.dumps(said)
        return read(self.http.generic(method, f"/api/v1{path}", body, content_type="application/json", headers=headers))

    def headers(self) -> dict[str, str]:
        """Return what every request carries."""
        return {"Authorization": f"Bearer {self.secret}"}

    def orders(self, **changes: Any) -> Any:
        """Make an order of 128.00."""
        return self.post("/orders", new_order(**changes))


def read(answer: Any) -> Any:
    """Put what an answer says beside it."""
    answer.said = json.loads(answer.content) if answer.content else None
    return answer


def new_order(**changes: Any) -> dict[str, Any]:
    """Return what a program says to have 128.00 paid."""
    said = {"merchant_order_no": "shop-1", "amount_minor": 12_800, "currency": "CNY", "title": "Two books"}
    return {**said, **changes}


def key_for(merchant: Merchant, *scopes: str) -> str:
    """Return the secret of a new key."""
    _, secret = issue_key(
        merchant=merchant, name="Shop", scopes=scopes or EVERYTHING, actor="staff:li", now=clock.now()
    )
    return secret


@pytest.fixture
def program(merchant: Merchant) -> Program:
    """The merchant's program."""
    return Program(key_for(merchant))


@pytest.fixture
def stranger(db: None) -> Program:
    """Another merchant's program."""
    other = Merchant.objects.create(code="other", name="Other", is_test=True, created_at=clock.now())
    return Program(key_for(other))


@pytest.fixture
def shopper_pays(alpha: Books, alpha_account: ChannelAccount) -> Callable[[str], Attempt]:
    """Have a shopper pay an order at the played channel, and let everybody hear of it."""

    def pays(order_no: str) -> Attempt:
        payment = Payment.objects.get(merchant_order_no=order_no)
        attempt = pay(payment_id=payment.pk, choice=Choice(account_id=alpha_account.pk, method="qr"), now=clock.now())
        alpha.pay(attempt.attempt_no)
        attempt = query_attempt(attempt_no=attempt.attempt_no)
        while deliver_due(now=clock.now()):
            pass
        return attempt

    return pays


@pytest.fixture
def case(program: Program, shopper_pays: Callable[[str], Attempt]) -> Complaint:
    """A case about a paid order, for which the shop is asked for a statement."""
    order_no = program.orders().said["order_no"]
    shopper_pays(order_no)
    said = {"order_no": order_no, "kind": "duplicate", "text": "They say that they paid twice."}
    found = Complaint.objects.get(complaint_no=program.post("/complaints", said).said["complaint_no"])
    person = staff("li", "cs_agent")
    request_statement(complaint_id=found.pk, party=Party.SHOP, name="Lantern", person=person, now=clock.now())
    return found


@pytest.fixture
def bill(merchant: Merchant, alpha_account: ChannelAccount) -> Bill:
    """A day of the merchant's account, with one payment on both sides."""
    now = clock.now()
    bill = Bill.objects.create(
        account_code=alpha_account.code, channel="alpha", merchant=merchant, day_date=DAY,
        starts_at=now, ends_at=now, fetch_at=now, deadline_at=now + timedelta(hours=1),
    )  # fmt: skip
    Tally.objects.create(
        bill=bill, bucket="MATCHED", kind="PAYMENT", currency="CNY",
        lines=1, lines_minor=12_800, fees_minor=77, locals=1, locals_minor=12_800,
    )  # fmt: skip
    return bill


@pytest.fixture
def things(program: Program, case: Complaint, bill: Bill) -> dict[str, str]:
    """One of everything that has an address, by the name of its part of the address."""
    endpoint_no = program.post("/webhook-endpoints", {"url": "http://127.0.0.1:9/hook"}).said["endpoint_no"]
    said = {"order_no": case.order.order_no, "merchant_refund_no": "r1", "amount_minor": 1, "currency": "CNY"}
    return {
        "order_no": case.order.order_no,
        "merchant_order_no": "shop-1",
        "refund_no": program.post("/refunds", said).said["refund_no"],
        "complaint_no": case.complaint_no,
        "event_id": program.get("/events").said["data"][0]["id"],
        "endpoint_no": endpoint_no,
        "delivery_no": program.post(f"/webhook-endpoints/{endpoint_no}/test").said["delivery_no"],
        "account_code": bill.account_code,
        "day": bill.day_date.isoformat(),
        "currency": "CNY",
        "period": f"{clock.now():%Y-%m}",
        "figure": "payments",
    }

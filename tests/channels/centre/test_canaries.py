"""Nothing secret and nobody's data is written down: not in a log at its most talkative, not in trail, facts, events
or exceptions. Canaries are planted, everything is done that can be done, failures included, and then we look."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from django.core import serializers

from cashier.channels.base import Notification
from cashier.errors import CashierError
from cashier.models import Attempt, ChannelFact
from cashier.services import channel_calls
from cashier.services.channel_calls import channel_of, trade_of
from cashier.services.close import close_attempt
from cashier.services.query import check_attempt, query_attempt, query_due
from cashier.services.refund import get_refund
from payhub import clock
from payhub.http import outgoing
from payhub.merchants.models import Merchant
from payhub.outbox.models import Delivery, Event
from payhub.review.models import ReviewItem
from payhub.trail.models import OperationRecord
from tests.channels.centre.centre import PAYER_ID, Centre
from tests.channels.centre.conftest import Town
from tests.channels.contract.live.cases import ALL, PAGES
from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart
from tests.sandbox.server import wait_for

pytestmark = pytest.mark.django_db

WRITTEN = (OperationRecord, ChannelFact, ReviewItem, Event, Delivery)
SECRET = ("private_key", "apiv3_key", "secret")
# What a channel may say of a person, under the names that channels use and under others that they may invent.
PERSONAL: dict[str, Any] = {
    "payer": {"openid": "canary-openid"},
    "openid": "canary-openid",
    "buyer_id": "2088canary",
    "buyer_user_id": "2088canary",
    "buyer_logon_id": "canary@logon",
    "buyer_name": "金丝雀",
    "accNo": "6225canary0048",
    "customerNm": "金丝雀",
    "phoneNo": "139canary",
    "customer_details": {"email": "canary@example.com", "name": "金丝雀", "phone": "139canary"},
    "customer_email": "canary@example.com",
    "user_received_account": "canarybank0403",
    "destination_details": {"card": {"reference": "canarycard"}},
    "tomorrows_field": "canary-of-tomorrow",
}
FAULTS = ("http_500", "cut_after", "system_error", "system_error_after", "bad_signature", "no_signature")


class Wiretap:
    """The client, which notes every signature and key that goes over the wire."""

    def __init__(self, send: Callable[..., httpx.Response]) -> None:
        self._send = send
        self.heard: set[str] = set()

    def send(self, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b"", timeout_s: float) -> Any:
        asked = httpx.URL(url)
        self.note(headers, content)
        self.note({}, asked.query)
        answer = self._send(method, url, headers=headers, content=content, timeout_s=min(timeout_s, 2))
        self.note(answer.headers, answer.content)
        return answer

    def note(self, headers: Mapping[str, str], content: bytes) -> None:
        """Remember what proves who sent this."""
        self.heard |= {
            value for name, value in headers.items() if name.lower() in {"authorization", "stripe-signature"}
        }
        self.heard |= {value for name, value in headers.items() if name.lower() == "wechatpay-signature"}
        text = content.decode("utf-8", "replace")
        self.heard |= {value for name, value in parse_qsl(text) if name in {"sign", "signature"}}
        with suppress(ValueError):
            told = json.loads(text)
            self.heard |= {told["sign"]} if isinstance(told, dict) and "sign" in told else set()


@pytest.fixture
def wiretap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wiretap]:
    tap = Wiretap(outgoing().send)
    monkeypatch.setattr(channel_calls, "outgoing", lambda: tap)
    channel_calls.forget_opened()
    yield tap
    channel_calls.forget_opened()


def written(caplog: pytest.LogCaptureFixture) -> str:
    """Return all that was written down, as one text."""
    rows = [serializers.serialize("json", model.objects.all(), ensure_ascii=False) for model in WRITTEN]
    lines = [f"{record.getMessage()} {record.exc_text or ''} {record.exc_info or ''}" for record in caplog.records]
    return "\n".join([*rows, *lines])


def found(canaries: set[str], text: str) -> list[str]:
    """Return the canaries that stand in the text; of a long one, any of its lines counts."""
    parts = {part for canary in canaries for part in canary.splitlines() if len(part) >= 8 and "-----" not in part}
    assert parts
    return sorted(part for part in parts if part in text)


@pytest.mark.parametrize(
    ("channel", "method"), [*ALL, *PAGES], ids=[f"{channel}-{method}" for channel, method in (*ALL, *PAGES)]
)
def test_nothing_secret_is_written_whatever_happens_at_the_sandbox(
    town: Town, wiretap: Wiretap, caplog: pytest.LogCaptureFixture, channel: str, method: str
) -> None:
    caplog.set_level(logging.DEBUG)
    account = town.sandbox.accounts[channel]
    centre = town.centre(channel)
    listens(town, centre)
    for fault in FAULTS:  # every call, disturbed
        for call in ("query", "close", "refund", "refund_query"):
            town.sandbox.arm(fault, channel=channel, call=call)
        a_whole_life(town, centre, method, notify={"kind": "bad_signature"})
        town.sandbox.arm(fault, channel=channel, call="create")
        centre.pays(method)
        town.sandbox.http.request("DELETE", "/_sandbox/api/faults")
    a_whole_life(town, centre, method, notify={"kind": "wrong_amount"})
    a_whole_life(town, centre, method)
    assert ChannelFact.objects.filter(verdict="PAYS").exists()
    secrets = {value for name, value in account.items() if any(word in name for word in SECRET)}
    text = written(caplog)
    assert "refused: bad_signature" in text
    assert found(secrets | wiretap.heard, text) == []
    assert found({"canary-person", PAYER_ID}, text) == []


def listens(town: Town, centre: Centre) -> None:
    """Register the address at Stripe, which notifies an account, not a payment."""
    if centre.account.channel == "stripe":
        endpoint = {"url": channel_calls.notify_url(centre.account), "enabled_events[]": "*"}
        key = town.sandbox.accounts["stripe"]["secret_key"]
        assert town.sandbox.http.post("/v1/webhook_endpoints", data=endpoint, auth=(key, "")).status_code == 200


def a_whole_life(town: Town, centre: Centre, method: str, **how: Any) -> None:
    """Pay, be told, close another, refund, ask: as far as the armed faults let it come."""
    channel = centre.account.channel
    attempt = centre.pays(method)
    if not attempt.presentation_kind:
        query_attempt(attempt_no=attempt.attempt_no)
    else:
        town.somebody_pays(attempt, person="canary-person", **how)
        wait_for(lambda: town.post.posted)
        town.delivers(centre)
        with suppress(CashierError):
            check_attempt(attempt_no=attempt.attempt_no, now=clock.now())
    paid = query_attempt(attempt_no=attempt.attempt_no)
    if paid.state == "SUCCEEDED" and not paid.surplus:
        refund = centre.sends(centre.asks_back(paid))
        town.sandbox.http.post(f"/_sandbox/api/refunds/{channel}/{refund.refund_no}/settle", json={})
        for _ in range(2):
            query_due(channel=channel, now=clock.now())
            channel_of(centre.account).query_refund(channel_calls.return_of(get_refund(refund.refund_no)))
    given_up = centre.pays(method)
    channel_of(centre.account).close(trade_of(given_up))
    with suppress(CashierError):
        close_attempt(attempt_no=given_up.attempt_no, now=clock.now())


@pytest.mark.parametrize("channel", COUNTERPARTS)
def test_nobodys_data_is_written_whatever_a_channel_tells_of_them(
    merchant: Merchant,
    no_wakes: object,
    heard: object,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    channel: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    side = COUNTERPARTS[channel]()
    monkeypatch.setattr(channel_calls, "outgoing", lambda: side.http)
    channel_calls.forget_opened()
    with clock.replaced_by(side.clock):
        centre = Centre.of(merchant, channel, side.settings(), side.currency)
        tell_everything(side, centre)
        text = written(caplog)
    channel_calls.forget_opened()
    assert side.trade.attempt_no in text
    told = [line for line in text.splitlines() if any(word in line for word in ("canary", "金丝雀", "cardholder"))]
    assert told == []


def tell_everything(side: Counterpart, centre: Centre) -> None:
    """Let the channel name its payer in every answer and notification, good and bad."""
    more = (
        {name: json.dumps(value) for name, value in PERSONAL.items()}
        if side.code in {"alipay", "unionpay"}
        else PERSONAL
    )

    def opened(_: Any) -> httpx.Response:
        side.with_trade(attempt_no=Attempt.objects.latest("pk").attempt_no)
        return side.says("create", "opened", changes=more)

    side.http.answer = opened
    attempt = centre.pays(side.method)
    side.with_trade(attempt_no=attempt.attempt_no)
    for what in ("system_error", "unknown_code", "bad_credentials", "not_found", "unpaid", "closed", "paid"):
        side.http.says(side.says("query", what, changes=more))
        query_attempt(attempt_no=attempt.attempt_no)
    for sign in ("bad", "missing", "good"):
        for what in ("paid", "refunded"):
            centre.posted(side.notification(what, sign=sign, **more))
    fresh = side.notification("paid", **more, currency="xts", currencyCode="999")
    centre.posted(fresh)
    centre.posted(Notification(headers=fresh.headers, body=fresh.body[:-40]))
    for call in side.talks:
        for what in ("system_error", "unknown_code", "bad_credentials"):
            side.http.says(side.says(call, what, changes=more))
            side.do(call)

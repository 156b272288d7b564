"""The payment centre against the running sandbox, and against scripted channels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.cache import cache

from cashier.channels.base import Notification
from cashier.models import Attempt
from cashier.services import channel_calls
from payhub import clock
from payhub.merchants.models import Merchant as Seller
from tests.channels.centre.case import Case
from tests.channels.centre.centre import Centre
from tests.channels.counterparts import COUNTERPARTS
from tests.sandbox.server import Merchant, Posted, Sandbox, listening, wait_for


@dataclass
class Town:
    """The sandbox, the centre, and the address between them: what is posted waits there until a test delivers it."""

    sandbox: Sandbox
    post: Merchant
    seller: Seller
    ahead: timedelta = timedelta()

    def centre(self, channel: str) -> Centre:
        """Open the seller's account at a channel of the sandbox."""
        return Centre.of(self.seller, channel, self.sandbox.accounts[channel])

    def later(self, **by: float) -> None:
        """Move everybody's clock: ours and the channels' books."""
        self.ahead += timedelta(**by)
        self.sandbox.post("/clock", advance_s=timedelta(**by).total_seconds())

    def somebody_pays(self, attempt: Attempt, person: str = "bai", **how: Any) -> None:
        """Let the shopper's browser follow the code, and somebody pay."""
        if attempt.presentation_kind == "FORM":
            self.sandbox.http.post(attempt.presentation_content, data=attempt.presentation_fields)
        elif attempt.presentation_kind == "REDIRECT":
            self.sandbox.http.get(attempt.presentation_content)
        elif attempt.presentation_kind == "BRIDGE":
            opened = self.sandbox.http.post("/wechat/bridge", json=attempt.presentation_fields)
            assert opened.status_code == 200, opened.text
        channel = attempt.account.channel
        self.sandbox.post(f"/trades/{channel}/{attempt.attempt_no}/scan", person=person)
        self.sandbox.pay(channel, attempt.attempt_no, person=person, **how)

    def delivers(self, centre: Centre) -> list[int]:
        """Wait for a notification; deliver all that have come to the centre; return the answers."""
        wait_for(lambda: self.post.posted)
        come, self.post.posted[:] = list(self.post.posted), []
        return [centre.posted(_as_message(posted)) for posted in come]


def _as_message(posted: Posted) -> Notification:
    return Notification(headers=posted.headers, body=posted.body)


@pytest.fixture
def town(sandbox_process: Sandbox, merchant: Seller, settings: Any, no_wakes: object, heard: object) -> Iterator[Town]:
    """The sandbox, emptied, with our clock tied to its books'."""
    sandbox_process.post("/reset")
    with listening() as post:
        address = urlsplit(post.url)
        settings.PAYHUB_BASE_URL = f"{address.scheme}://{address.netloc}"
        town = Town(sandbox_process, post, merchant)
        with clock.replaced_by(lambda: clock._system() + town.ahead):
            yield town


@pytest.fixture
def case(request: pytest.FixtureRequest, merchant: Seller, monkeypatch: pytest.MonkeyPatch) -> Iterator[Case]:
    """The centre and the other side of the channel that the test names."""
    side = COUNTERPARTS[request.param]()
    monkeypatch.setattr(channel_calls, "outgoing", lambda: side.http)
    channel_calls.forget_opened()
    cache.clear()
    with clock.replaced_by(side.clock):
        yield Case(side, Centre.of(merchant, side.code, side.settings(), side.currency))
    channel_calls.forget_opened()

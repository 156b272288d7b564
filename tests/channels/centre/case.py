"""A payment centre whose channel is a scripted other side."""

from __future__ import annotations

from dataclasses import dataclass, replace

import httpx

from cashier.models import Attempt, Refund
from tests.channels.centre.centre import Centre
from tests.channels.counterparts.base import Counterpart
from tests.channels.scripted import Call


@dataclass
class Case:
    """A payment centre whose channel is a scripted other side."""

    side: Counterpart
    centre: Centre

    def attempt(self) -> Attempt:
        """Let somebody begin to pay; from then on the other side speaks about that number."""

        def opened(_: Call) -> httpx.Response:
            self.side.with_trade(attempt_no=Attempt.objects.latest("pk").attempt_no)
            return self.side.good("create")

        self.side.http.answer = opened
        attempt = self.centre.pays(self.side.method)
        assert attempt.presentation_kind
        self.side.with_trade(attempt_no=attempt.attempt_no)
        return attempt

    def refund(self, attempt: Attempt) -> Refund:
        """Send a refund that the channel accepts and has not made yet."""
        refund = self.centre.asks_back(attempt, self.side.order.amount.minor)
        self.side.order = replace(self.side.order, refund_no=refund.refund_no)
        self.side.http.answer = lambda _: self.side.says("refund", "accepted")
        return self.centre.sends(refund)

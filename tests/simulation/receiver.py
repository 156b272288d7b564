"""The merchant's own server: hears of its orders by webhook, asks by API, and checks what it is told."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse

from payhub.guarded_http import Answer
from tests.simulation.browser import Browser

if TYPE_CHECKING:
    from tests.simulation.world import Order, World

URL = "https://lantern.example/webhooks"
SECRET = "whsec_b2YgdGhlIHBsYXllZCBtZXJjaGFudCwgaHVzaA=="
API_KEY = "sk_test_0123456789abcdefghijklmnopqrstuv"


class Receiver:
    """Takes webhooks as somebody would who trusts nothing: signature, number, contents."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.heard: dict[str, dict[str, Any]] = {}  # by event id
        self._door = Browser()

    # -- by webhook ----------------------------------------------------------------------------------------------

    def post(self, url: str, *, headers: Mapping[str, str], content: bytes, timeout_s: float) -> Answer:
        """Play the way to the merchant (what `GuardedHttp.post` does); raise OSError for no answer."""
        kernel, number = self.world.kernel, headers["webhook-id"]
        kernel.point(f"webhook {number}")
        if kernel.current is not None and kernel.current.in_transaction:
            kernel.violate(f"S3: webhook {number} inside a transaction")
        if kernel.draws("hook_lost"):
            kernel.sleep(timeout_s)
            raise TimeoutError("no answer")
        refuses, is_cut, is_late = kernel.draws("hook_refused"), kernel.draws("hook_cut"), kernel.draws("hook_late")
        there = kernel.chance.randint(10, 300) / 1000 + (timeout_s + 60 * kernel.chance.random() if is_late else 0)
        if not refuses:
            kernel.at(there, partial(self._hear, dict(headers), content))
        kernel.point(f"sent webhook {number}")
        if is_late or is_cut:
            kernel.sleep(timeout_s)
            raise TimeoutError("no answer in time")
        kernel.sleep(there + 0.05)
        kernel.point(f"answer to webhook {number}")
        return Answer(status=503 if refuses else 204, headers=[], body=b"")

    def _hear(self, headers: dict[str, str], content: bytes) -> None:
        number, at = headers["webhook-id"], headers["webhook-timestamp"]
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        right = base64.b64encode(hmac.new(key, f"{number}.{at}.".encode() + content, hashlib.sha256).digest()).decode()
        if f"v1,{right}" not in headers["webhook-signature"].split():
            self.world.kernel.violate(f"W1: {number} came without its signature")
        told = json.loads(content)
        if self.heard.setdefault(number, told) != told or told["id"] != number:
            self.world.kernel.violate(f"W1: {number} came again with other contents")
        order = self.world.orders.get(told["data"]["order_no"])
        if told["type"] == "order.paid" and order is not None:
            self.world.oracles.check_told_paid(order)

    # -- by asking -----------------------------------------------------------------------------------------------

    def ask(self, order: Order) -> str:
        """Ask what an order is; return its state, or nothing when no answer came."""
        answer = self.world.kernel.process(partial(self._door.ask, f"/api/v1/orders/{order.number}", API_KEY))
        self.world.oracles.check_result("the merchant's question", answer)
        if not isinstance(answer, HttpResponse) or answer.status_code != 200:
            return ""
        state = str(json.loads(answer.content)["state"])
        if state in {"paid", "fulfilled", "partly_refunded", "refunded"}:
            self.world.oracles.check_told_paid(order)
        return state

    def ask_now_and_then(self, order: Order) -> None:
        """Ask three times while there is trouble."""
        for _ in range(3):
            self.world.kernel.sleep(self.world.kernel.chance.randint(5, 90))
            self.ask(order)

    # -- at rest -------------------------------------------------------------------------------------------------

    def check_knows(self) -> None:
        """F1, at rest: each order's end was told once (by one event), and nothing that is not so."""
        told: dict[tuple[str, str], int] = {}
        for event in self.heard.values():
            name = (event["type"], event["data"].get("refund_no") or event["data"]["order_no"])
            told[name] = told.get(name, 0) + 1
        rows = self.world.look("SELECT order_no, state FROM orders_order ORDER BY id")
        ended = {"CANCELLED": "order.cancelled", "EXPIRED": "order.expired"}
        right = {(ended.get(state, "order.paid"), number): 1 for number, state in rows}
        refunds = self.world.look("SELECT refund_no FROM cashier_refund WHERE state = 'SUCCEEDED' ORDER BY id")
        right.update({("refund.succeeded", number): 1 for (number,) in refunds})
        # What else may have been told on the way: an end that money overtook, a refusal before the success.
        on_the_way = {"order.expired", "order.cancelled", "order.overpaid", "refund.failed"}
        other = {name for name in told if name not in right and name[0] not in on_the_way}
        wrong = {name: told.get(name, 0) for name, times in right.items() if told.get(name, 0) != times}
        if wrong or other:
            self.world.kernel.violate(f"F1: the merchant was told {wrong} times, and {other} that is not so")

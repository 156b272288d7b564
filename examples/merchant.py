"""A whole merchant in one file: has an order paid, hears of it by webhook, asks to be sure, and sends the goods.

    PAYHUB_KEY=sk_test_… WEBHOOK_SECRET=whsec_… python examples/merchant.py 128.00

PAYHUB_URL is where payhub is (http://127.0.0.1:8000); PORT is where this program hears webhooks (9000): add
http://127.0.0.1:9000/hook as an endpoint in the portal first, and take the secret from there.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import queue
import sys
import threading
import time
import uuid
from contextlib import suppress
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

PAYHUB = os.environ.get("PAYHUB_URL", "http://127.0.0.1:8000")
KEY = os.environ["PAYHUB_KEY"]
SECRET = os.environ["WEBHOOK_SECRET"]
PORT = int(os.environ.get("PORT", "9000"))
TOLERANCE_S = 300

api = httpx.Client(base_url=f"{PAYHUB}/api/v1", headers={"Authorization": f"Bearer {KEY}"}, timeout=30)
heard: queue.Queue[dict[str, Any]] = queue.Queue()
known: set[str] = set()  # a real shop keeps these in its database


def verify(headers: Any, body: bytes) -> None:
    """Raise ValueError unless payhub signed exactly these bytes a moment ago (Standard Webhooks)."""
    message_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > TOLERANCE_S:
        raise ValueError("The message is too old: somebody may be repeating it.")
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, f"{message_id}.{sent_at}.".encode() + body, hashlib.sha256).digest())
    given = [part.partition(",")[2].encode() for part in headers["webhook-signature"].split() if part[:3] == "v1,"]
    if not any(hmac.compare_digest(wanted, one) for one in given):
        raise ValueError("The signature is not payhub's.")


class Hook(BaseHTTPRequestHandler):
    """Hears payhub. Answer first, work later: an answer that takes 15 seconds is none."""

    def do_POST(self) -> None:
        """Take one message, once."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            verify(self.headers, body)
            event = json.loads(body)
        except (ValueError, TypeError, KeyError) as error:
            print(f"refused: {error}", flush=True)
            self.send_response(400)
        else:
            self.send_response(204)
            print(f"heard {event['type']} {event['id']}{' again' if event['id'] in known else ''}", flush=True)
            if event["id"] not in known:  # every message may come twice
                known.add(event["id"])
                heard.put(event)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def post(path: str, said: dict[str, Any], key: str) -> dict[str, Any]:
    """POST until there is an answer. The same key with the same request is never carried out twice."""
    for wait_s in (0, 1, 2, 4, 8):
        time.sleep(wait_s)
        try:
            answer = api.post(path, json=said, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            continue  # nobody knows whether it arrived: ask again with the same key
        if answer.status_code < 500 and answer.status_code not in {409, 429}:
            break
    else:
        raise SystemExit("payhub does not answer; the same program run again goes on where this one stopped.")
    result: dict[str, Any] = answer.json()
    if answer.is_error:
        raise SystemExit(f"{result['code']}: {result['detail']} (request {result['request_id']})")
    return result


def main() -> None:
    """Sell one thing."""
    threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", PORT), Hook).serve_forever, daemon=True).start()
    number = f"shop-{uuid.uuid4().hex[:12]}"
    minor = int(Decimal(sys.argv[1] if len(sys.argv) > 1 else "128.00") * 100)  # never a float for money
    terms = {"merchant_order_no": number, "amount_minor": minor, "currency": "CNY", "title": "Two books"}
    order = post("/orders", terms, key=number)
    print(f"order {order['order_no']}", flush=True)
    print(f"pay at {order['payment']['cashier_url']}", flush=True)
    while order["state"] == "awaiting_payment":
        with suppress(queue.Empty):
            heard.get(timeout=20)  # the webhook is the bell; without one, ask now and then
        order = api.get(f"/orders/{order['order_no']}").raise_for_status().json()
    print(f"the order is {order['state']}", flush=True)
    if order["state"] == "paid":
        order = post(f"/orders/{order['order_no']}/fulfil", {}, key=f"{number}-fulfil")
        print(f"the order is {order['state']}", flush=True)
    threading.Event().wait()  # go on hearing until Ctrl-C


if __name__ == "__main__":
    main()

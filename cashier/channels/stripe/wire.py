"""Stripe on the wire: Stripe's own library writes the requests, our client sends them; verified webhooks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import httpx
import stripe

from cashier.channels.base import Http, Notification, NotificationRefused, Refusal, Wiring
from cashier.channels.strict_json import read_object, text_of
from cashier.channels.stripe import codes
from cashier.channels.trouble import Trouble, unknown

FRESH_S = 300
PAGE = 100
MAX_PAGES = 50

stripe.enable_telemetry = False  # nothing about our calls goes anywhere but into the call
logging.getLogger("stripe").disabled = True  # at DEBUG it writes whole bodies, payers' names and addresses included


class _Sender(stripe.HTTPClient):
    """Lets the library send through our client: our time-outs, never inside a transaction, and no retries in secret."""

    name = "payhub"

    def __init__(self, http: Http, timeout_s: float) -> None:
        super().__init__()
        self._http, self._timeout_s = http, timeout_s

    def request_with_retries(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        post_data: Any = None,
        max_network_retries: int | None = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send once; raise Trouble unless the answer is a JSON object with status 200."""
        try:
            response = self._http.send(
                method.upper(), url, headers=headers, content=(post_data or "").encode(), timeout_s=self._timeout_s
            )
        except httpx.HTTPError as error:
            raise unknown("no_answer", type(error).__name__) from error
        try:
            data = read_object(response.content)
        except ValueError as error:
            raise unknown(f"http_{response.status_code}", "Not an answer of Stripe's.") from error
        if response.status_code != 200:
            raise _error(response.status_code, data.get("error"))
        return response.text, 200, response.headers


class Wire:
    """One Stripe account."""

    def __init__(self, wiring: Wiring) -> None:
        settings = wiring.settings
        self._http, self._now, self._nonce = wiring.http, wiring.now, wiring.nonce
        self._api_base = settings["api_base"].rstrip("/")
        self._key = settings["secret_key"]
        self._webhook_secret = settings["webhook_secret"]
        self._clients: dict[float, stripe.StripeClient] = {}
        self.is_live = not self._key.startswith(("sk_test_", "rk_test_"))

    def get(self, path: str, *, timeout_s: float, **params: Any) -> dict[str, Any]:
        """Return one object; raise Trouble."""
        return self._call("get", path, params, timeout_s)

    def post(self, path: str, *, key: str = "", timeout_s: float, **params: Any) -> dict[str, Any]:
        """Do something, once for each idempotency `key` (empty: once for this call); raise Trouble."""
        return self._call("post", path, params | {"idempotency_key": key or self._nonce()}, timeout_s)

    def pages(self, path: str, *, timeout_s: float, **params: Any) -> Iterator[dict[str, Any]]:
        """Give the objects of a list, page by page, as Stripe sorts them; raise Trouble."""
        for _ in range(MAX_PAGES):
            page = self.get(path, timeout_s=timeout_s, limit=PAGE, **params)
            found = page.get("data")
            if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
                raise unknown("malformed", "The answer is no list.")
            yield from found
            if page.get("has_more") is not True or not found:
                return
            params["starting_after"] = text_of(found[-1], "id")
        raise unknown("too_many", "The list does not end.")

    def open(self, notification: Notification) -> dict[str, Any]:
        """Return an authentic, fresh event of this account's mode; raise NotificationRefused otherwise."""
        header = notification.headers.get("stripe-signature", "")
        if not header:
            raise NotificationRefused(Refusal.UNSIGNED)
        if not header.isascii():  # the library's comparison fails on those
            raise NotificationRefused(Refusal.BAD_SIGNATURE)
        try:
            # The library compares in constant time, for each secret that Stripe signed with.
            stripe.WebhookSignature.verify_header(notification.body, header, self._webhook_secret, None)
            event = read_object(notification.body)
        except stripe.SignatureVerificationError as error:
            raise NotificationRefused(Refusal.BAD_SIGNATURE) from error
        except ValueError as error:
            raise NotificationRefused(Refusal.MALFORMED) from error
        # The library would take a timestamp of the future, by its own clock.
        if abs(self._now().timestamp() - _timestamp(header)) >= FRESH_S:
            raise NotificationRefused(Refusal.STALE)
        if event.get("object") != "event" or event.get("livemode") is not self.is_live:
            raise NotificationRefused(Refusal.OTHER_ACCOUNT)
        return event

    def _call(self, method: str, path: str, params: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        client = self._clients.get(timeout_s)
        if client is None:  # two threads may both make one; either will do
            client = self._clients[timeout_s] = stripe.StripeClient(
                self._key,
                base_addresses={"api": self._api_base},
                max_network_retries=0,
                http_client=_Sender(self._http, timeout_s),
            )
        answer = client.raw_request(method, path, **params)
        return read_object(str(answer.body))


def path_of(kind: str, number: str, *rest: str) -> str:
    """Return the path of one object."""
    return "/".join([f"/v1/{kind}", quote(number, safe=""), *rest])


def _error(status: int, error: object) -> Trouble:
    told = error if isinstance(error, dict) else {}
    kind, code = text_of(told, "type"), text_of(told, "code")
    name = code or (kind if status == 400 else "") or f"http_{status}"
    return Trouble(codes.of_error(status, kind, code), name, text_of(told, "message"))


def _timestamp(header: str) -> int:
    """Return the time in a header that has been verified, so that it has one."""
    return next(int(item[1]) for item in (part.split("=", 2) for part in header.split(",")) if item[0] == "t")

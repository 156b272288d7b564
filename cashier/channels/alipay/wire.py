"""Alipay on the wire: signed requests, answers verified over their exact text, verified notifications."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, BinaryIO
from urllib.parse import parse_qsl, urlencode

import httpx

from cashier.channels import rsa
from cashier.channels.alipay import codes
from cashier.channels.base import Notification, NotificationRefused, Outcome, Refusal, Wiring
from cashier.channels.beijing import plain
from cashier.channels.bill_reading import DOWNLOAD_TIMEOUT_S, download
from cashier.channels.strict_json import raw_members, read_object, text_of
from cashier.channels.trouble import Trouble, unknown

_FORM = "application/x-www-form-urlencoded;charset=utf-8"


def request_content(parameters: Mapping[str, str]) -> bytes:
    """Return what a request signs: everything that is not empty, but for `sign`; values raw, not URL-encoded."""
    return _joined(parameters, without=("sign",))


def notification_content(form: Mapping[str, str]) -> bytes:
    """Return what a trade notification or a page return signs: `sign_type` stays out, too."""
    return _joined(form, without=("sign", "sign_type"))


def _joined(fields: Mapping[str, str], *, without: tuple[str, ...]) -> bytes:
    return "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v and k not in without).encode()


class Wire:
    """One app's connection to the gateway."""

    def __init__(self, wiring: Wiring) -> None:
        settings = wiring.settings
        self._http, self._now = wiring.http, wiring.now
        self._gateway_url = settings["gateway_url"]
        self._app_id = settings["app_id"]
        self._private_key = rsa.private_key(settings["app_private_key"])
        self._alipay_key = rsa.public_key(settings["alipay_public_key"])

    def _signed(self, method: str, biz: Mapping[str, str], **addresses: str) -> dict[str, str]:
        """Return a request's parameters, `sign` included; empty ones are left out."""
        parameters = {
            "app_id": self._app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": plain(self._now()),
            "version": "1.0",
            "biz_content": json.dumps(biz, ensure_ascii=False),
        } | {name: address for name, address in addresses.items() if address}
        parameters["sign"] = rsa.sign(self._private_key, request_content(parameters))
        return parameters

    def address(self, method: str, biz: Mapping[str, str], *, notify_url: str, return_url: str) -> str:
        """Return the signed address that opens Alipay's page in the shopper's browser."""
        parameters = self._signed(method, biz, notify_url=notify_url, return_url=return_url)
        return f"{self._gateway_url}?{urlencode(parameters)}"

    def call(
        self,
        method: str,
        biz: Mapping[str, str],
        table: Mapping[str, Outcome],
        *,
        timeout_s: float,
        notify_url: str = "",
    ) -> dict[str, Any]:
        """Send one request and return its authenticated answer of code 10000; raise Trouble otherwise."""
        parameters = self._signed(method, biz, notify_url=notify_url)
        content = urlencode({"biz_content": parameters.pop("biz_content")}).encode()
        url = f"{self._gateway_url}?{urlencode(parameters)}"  # the common parameters in the query, as Alipay's SDKs do
        try:
            response = self._http.send(
                "POST", url, headers={"Content-Type": _FORM}, content=content, timeout_s=timeout_s
            )
        except httpx.HTTPError as error:
            raise unknown("no_answer", type(error).__name__) from error
        if response.status_code != 200:
            raise unknown(f"http_{response.status_code}")
        try:
            data, signed = self._open(response.content.decode("utf-8"), method)
        except ValueError as error:
            raise unknown("unreadable", str(error)) from error
        code, sub_code = text_of(data, "code"), text_of(data, "sub_code")
        if code != codes.SUCCESS:
            raise Trouble(
                codes.of_answer(code, sub_code, table, signed=signed),
                sub_code or code or "malformed",
                text_of(data, "sub_msg") or text_of(data, "msg"),
            )
        if not signed:
            raise unknown("unsigned", "The answer is not signed.")
        return data

    def _open(self, text: str, method: str) -> tuple[dict[str, Any], bool]:
        """Return the answer of `method`, and whether it is signed; raise Trouble when the signature is wrong.

        Signed is the exact text between the colon and the end of the object, escapes such as `\\/` included. It is
        cut out and then itself read, so that what was verified and what is believed cannot differ.
        """
        members = raw_members(text)
        name = f"{method.replace('.', '_')}_response"
        answer = members.get(name) or members.get("error_response")
        if answer is None:
            raise unknown("malformed", "The answer is one to another call.")
        signature = json.loads(members.get("sign", '""'))
        if signature and not (
            isinstance(signature, str) and rsa.is_signed(self._alipay_key, signature, answer.encode())
        ):
            raise unknown("bad_signature", "The answer is not authentic.")
        return read_object(answer), bool(signature)

    def download(self, url: str, into: BinaryIO) -> None:
        """Fetch a bill's file: the address is its own permission. Raise BillNotReady, BillUnusable."""
        download(
            lambda url, into: self._http.fetch(url, headers={}, timeout_s=DOWNLOAD_TIMEOUT_S, into=into), url, into
        )

    def open(self, notification: Notification) -> dict[str, str]:
        """Return the fields of an authentic notification; raise NotificationRefused otherwise."""
        try:
            pairs = parse_qsl(
                notification.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
            )
        except ValueError as error:
            raise NotificationRefused(Refusal.MALFORMED) from error
        form = dict(pairs)
        if len(form) != len(pairs) or form.get("charset", "utf-8").lower() != "utf-8":
            raise NotificationRefused(Refusal.MALFORMED)
        if not form.get("sign"):
            raise NotificationRefused(Refusal.UNSIGNED)
        if form.get("sign_type") != "RSA2":
            raise NotificationRefused(Refusal.MALFORMED, "A signature type that we do not speak.")
        if not rsa.is_signed(self._alipay_key, form["sign"], notification_content(form)):
            raise NotificationRefused(Refusal.BAD_SIGNATURE)
        return form

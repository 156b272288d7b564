"""UnionPay on the wire: signed forms, answers as text, proven signers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

import httpx

from cashier.channels import rsa
from cashier.channels.base import Notification, NotificationRefused, Refusal, Wiring
from cashier.channels.trouble import unknown
from cashier.channels.unionpay.trust import SIGNER, Trust

_FORM = "application/x-www-form-urlencoded;charset=UTF-8"
_OPENING, _CLOSING = "{[", "}]"


def signed_content(fields: Mapping[str, str]) -> bytes:
    """Return what is signed: the SHA-256, in hexadecimal, of all that is not empty, but for `signature`."""
    link = "&".join(f"{k}={v}" for k, v in sorted(fields.items()) if v and k != "signature")
    return hashlib.sha256(link.encode()).hexdigest().encode()


def read_answer(text: str) -> dict[str, str]:
    """Read `k=v&k=v`, not URL-encoded, where a value may hold `{…}` and `[…]` with `&` and `=` inside.

    Raises ValueError for what is none, or has a name twice. A bracket that is never closed swallows what follows, so
    the caller requires the fields that it needs.
    """
    fields: dict[str, str] = {}
    for pair in _pairs(text):
        name, separator, value = pair.partition("=")
        if not separator or not name or name in fields:
            raise ValueError("Not an answer of UnionPay's.")
        fields[name] = value
    return fields


def _pairs(text: str) -> list[str]:
    pairs, start, depth = [], 0, 0
    for at, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(0, depth - 1)
        elif character == "&" and depth == 0:
            pairs.append(text[start:at])
            start = at + 1
    return [*pairs, text[start:]]


class Wire:
    """One merchant's connection to the gateway."""

    def __init__(self, wiring: Wiring) -> None:
        settings = wiring.settings
        self._http, self._now = wiring.http, wiring.now
        self._gateway_url = settings["gateway_url"].rstrip("/")
        self._file_url = settings["file_url"]
        self._mer_id = settings["mer_id"]
        self._cert_id = settings["cert_id"]
        self._private_key = rsa.private_key(settings["merchant_private_key"])
        self._trust = Trust(
            settings["root_certificate"], settings["middle_certificate"], settings.get("signer_name", SIGNER)
        )

    def address(self, name: str) -> str:
        """Return the address of one of the gateway's services."""
        return self._file_url if name == "file" else f"{self._gateway_url}/{name}.do"

    def signed(self, fields: Mapping[str, str]) -> dict[str, str]:
        """Return a request's fields with the common ones and the signature; the same fields give the same form."""
        whole = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "certId": self._cert_id,
            "accessType": "0",
            "merId": self._mer_id,
        } | {name: value for name, value in fields.items() if value}
        return whole | {"signature": rsa.sign(self._private_key, signed_content(whole))}

    def call(self, name: str, fields: Mapping[str, str], *, timeout_s: float) -> dict[str, str]:
        """Send one request and return its authenticated answer, whatever it says; raise Trouble otherwise."""
        content = urlencode(self.signed(fields)).encode()
        try:
            response = self._http.send(
                "POST", self.address(name), headers={"Content-Type": _FORM}, content=content, timeout_s=timeout_s
            )
        except httpx.HTTPError as error:
            raise unknown("no_answer", type(error).__name__) from error
        if response.status_code != 200:
            raise unknown(f"http_{response.status_code}")
        try:
            answer = read_answer(response.content.decode("utf-8"))
            self._verify(answer)
        except NotificationRefused as refused:
            raise unknown(refused.code, "The answer is not authentic.") from refused
        except ValueError as error:
            raise unknown("unreadable", str(error)) from error
        if answer.get("merId", self._mer_id) != self._mer_id:
            raise unknown("other_account", "This is about another merchant.")
        return answer

    def open(self, notification: Notification) -> dict[str, str]:
        """Return the fields of an authentic notification; raise NotificationRefused otherwise."""
        try:
            pairs = parse_qsl(
                notification.body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=100
            )
        except ValueError as error:
            raise NotificationRefused(Refusal.MALFORMED) from error
        form = dict(pairs)
        if len(form) != len(pairs):
            raise NotificationRefused(Refusal.MALFORMED)
        self._verify(form)
        if form.get("merId") != self._mer_id:
            raise NotificationRefused(Refusal.OTHER_ACCOUNT)
        return form

    def _verify(self, fields: Mapping[str, str]) -> None:
        """Raise NotificationRefused unless UnionPay signed exactly these fields, with a certificate that is proven."""
        signature, certificate = fields.get("signature"), fields.get("signPubKeyCert")
        if not signature or not certificate:
            raise NotificationRefused(Refusal.UNSIGNED)
        if fields.get("version") != "5.1.0" or fields.get("signMethod") != "01":
            raise NotificationRefused(Refusal.MALFORMED)
        key = self._trust.key(certificate, self._now())
        if key is None:
            raise NotificationRefused(Refusal.UNKNOWN_SIGNER)
        if not rsa.is_signed(key, signature, signed_content(fields)):
            raise NotificationRefused(Refusal.BAD_SIGNATURE)

"""WeChat Pay v3 on the wire: signed requests, verified answers, verified and decrypted notifications."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

import httpx
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cashier.channels import rsa
from cashier.channels.base import QUERY_TIMEOUT_S, Notification, NotificationRefused, Refusal, Wiring
from cashier.channels.bill_reading import DOWNLOAD_TIMEOUT_S, download
from cashier.channels.strict_json import read_object, text_of
from cashier.channels.trouble import Trouble, unknown
from cashier.channels.wechat import codes
from cashier.channels.wechat.certificates import Certificates

SCHEME = "WECHATPAY2-SHA256-RSA2048"
FRESH_S = 300
_TIMESTAMP = re.compile(r"[0-9]{1,12}", re.ASCII)


def request_message(method: str, target: str, timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what a request signs; `target` is path and query as sent."""
    return f"{method}\n{target}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"


def answer_message(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what an answer or a notification signs."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def decrypt(apiv3_key: bytes, resource: Mapping[str, Any]) -> bytes:
    """Return the plaintext of an encrypted resource; raise ValueError when it is not one for this key."""
    try:
        return AESGCM(apiv3_key).decrypt(
            str(resource["nonce"]).encode(),
            base64.b64decode(str(resource["ciphertext"]), validate=True),
            str(resource.get("associated_data") or "").encode(),
        )
    except (InvalidTag, KeyError) as error:
        raise ValueError("The resource does not decrypt.") from error


class Wire:
    """One merchant account's connection to WeChat Pay."""

    def __init__(self, wiring: Wiring) -> None:
        settings = wiring.settings
        self._http, self._now, self._nonce = wiring.http, wiring.now, wiring.nonce
        self._base_url = settings["base_url"].rstrip("/")
        self._mchid = settings["mchid"]
        self._serial = settings["merchant_serial"]
        self._private_key = rsa.private_key(settings["merchant_private_key"])
        self._apiv3_key = settings["apiv3_key"].encode()
        if len(self._apiv3_key) != 32:
            raise ValueError("An APIv3 key has exactly 32 bytes.")
        self._key_id = settings.get("public_key_id", "")
        self._public_key = rsa.public_key(settings["public_key"]) if self._key_id else None
        bundle = settings.get("platform_certificates")
        self._certificates = None if bundle is None else Certificates(bundle)
        if not self._key_id and self._certificates is None:
            raise ValueError("Neither WeChat Pay's public key nor its certificates are set: no answer can be verified.")

    def call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, timeout_s: float
    ) -> dict[str, Any]:
        """Send one signed request and return its authenticated answer (empty for 204); raise Trouble otherwise."""
        # Serialised once: the bytes signed are the bytes sent.
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        response = self._send(method, self._base_url + path, content, timeout_s)
        if not response.is_success:
            raise _error(response)
        try:
            self._verify_answer(response)
            data = read_object(response.content) if response.content else {}
        except NotificationRefused as refused:
            raise unknown(refused.code, "The answer is not authentic.") from refused
        except ValueError as error:
            raise unknown("unreadable", str(error)) from error
        if "code" in data:  # 202: accepted, with a code as errors have one
            raise Trouble(codes.of_error(response.status_code, text_of(data, "code")), text_of(data, "code"))
        return data

    def download(self, url: str, into: BinaryIO) -> None:
        """Fetch a bill's file with a signed request; the answer is not signed. Raise BillNotReady, BillUnusable."""
        download(
            lambda url, into: self._http.fetch(
                url, headers=self._headers("GET", url, b""), timeout_s=DOWNLOAD_TIMEOUT_S, into=into
            ),
            url,
            into,
        )

    def open(self, notification: Notification) -> tuple[str, dict[str, Any]]:
        """Return event type and decrypted resource of an authentic notification; raise NotificationRefused."""
        self._verify(notification.headers, notification.body)
        try:
            envelope = read_object(notification.body)
            resource = envelope["resource"]
            event_type = text_of(envelope, "event_type")
            if resource["algorithm"] != "AEAD_AES_256_GCM":
                raise NotificationRefused(Refusal.MALFORMED, "An algorithm that we do not speak.")
        except (ValueError, KeyError, TypeError) as error:
            raise NotificationRefused(Refusal.MALFORMED) from error
        try:
            return event_type, read_object(decrypt(self._apiv3_key, resource))
        except ValueError as error:
            raise NotificationRefused(Refusal.UNDECRYPTABLE) from error

    def stamp(self, message: Callable[[str, str], bytes]) -> tuple[str, str, str]:
        """Sign what `message` makes of a timestamp and a nonce; return timestamp, nonce, signature."""
        timestamp, nonce = str(int(self._now().timestamp())), self._nonce()
        return timestamp, nonce, rsa.sign(self._private_key, message(timestamp, nonce))

    def _headers(self, method: str, url: str, content: bytes) -> dict[str, str]:
        target = httpx.URL(url).raw_path.decode()
        timestamp, nonce, signature = self.stamp(
            lambda timestamp, nonce: request_message(method, target, timestamp, nonce, content)
        )
        headers = {
            "Authorization": (
                f'{SCHEME} mchid="{self._mchid}",nonce_str="{nonce}",signature="{signature}",'
                f'timestamp="{timestamp}",serial_no="{self._serial}"'
            ),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "payhub",
        }
        if self._key_id:
            headers["Wechatpay-Serial"] = self._key_id  # asks for an answer signed with that key
        return headers

    def _send(self, method: str, url: str, content: bytes, timeout_s: float) -> httpx.Response:
        headers = self._headers(method, url, content)
        try:
            return self._http.send(method, url, headers=headers, content=content, timeout_s=timeout_s)
        except httpx.HTTPError as error:
            raise unknown("no_answer", type(error).__name__) from error

    def _verify(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raise NotificationRefused unless WeChat Pay signed exactly this body, a moment ago.

        A signature that starts WECHATPAY/SIGNTEST/ is WeChat Pay's probe whether we verify: it fails like any other.
        """
        timestamp, nonce, serial, signature = (
            headers.get(f"wechatpay-{name}", "") for name in ("timestamp", "nonce", "serial", "signature")
        )
        if not (timestamp and nonce and serial and signature):
            raise NotificationRefused(Refusal.UNSIGNED)
        if not _TIMESTAMP.fullmatch(timestamp) or headers.get("wechatpay-signature-type", SCHEME) != SCHEME:
            raise NotificationRefused(Refusal.MALFORMED)
        key = self._key(serial)
        if key is None:
            raise NotificationRefused(Refusal.UNKNOWN_SERIAL)
        if not rsa.is_signed(key, signature, answer_message(timestamp, nonce, body)):
            raise NotificationRefused(Refusal.BAD_SIGNATURE)
        if abs(self._now().timestamp() - int(timestamp)) >= FRESH_S:
            raise NotificationRefused(Refusal.STALE)

    def _key(self, serial: str) -> RSAPublicKey | None:
        if self._public_key is not None and serial == self._key_id:
            return self._public_key
        return None if self._certificates is None else self._certificates.key(serial, self._now())

    def _verify_answer(self, response: httpx.Response) -> None:
        """Verify an answer; a new certificate is fetched first. A notification never makes us call anybody: a
        forger could make us call without end, and the genuine one is repeated until an answer has taught us."""
        try:
            self._verify(response.headers, response.content)
        except NotificationRefused as refused:
            if refused.code != "unknown_serial" or not self._learn_certificates():
                raise
            self._verify(response.headers, response.content)

    def _learn_certificates(self) -> bool:
        """Fetch the platform certificates. They are encrypted with our APIv3 key, which proves where they are from."""
        if self._certificates is None or not self._certificates.may_ask(self._now()):
            return False
        try:
            response = self._send("GET", f"{self._base_url}/v3/certificates", b"", QUERY_TIMEOUT_S)
            given = read_object(response.content)["data"]
            pems = [decrypt(self._apiv3_key, one["encrypt_certificate"]) for one in given]
            self._certificates.learn(pems)
        except (Trouble, ValueError, KeyError, TypeError):
            return False
        return True


def _error(response: httpx.Response) -> Trouble:
    """Return what an answer other than 2xx means. It is unsigned: it may say "refused", never "failed"."""
    try:
        data = read_object(response.content)
    except ValueError:
        data = {}
    code = text_of(data, "code")
    return Trouble(
        codes.of_error(response.status_code, code), code or f"http_{response.status_code}", text_of(data, "message")
    )

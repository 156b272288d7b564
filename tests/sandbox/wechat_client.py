"""A small WeChat Pay v3 client of its own: signs requests, verifies answers and notifications, decrypts."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tests.sandbox.server import Posted

NATIVE = "/v3/pay/transactions/native"
REFUNDS = "/v3/refund/domestic/refunds"


@dataclass
class Signing:
    """How a request is signed; a test changes one thing and expects a refusal."""

    scheme: str = "WECHATPAY2-SHA256-RSA2048"
    attributes: dict[str, str] = field(default_factory=dict)  # overrides
    leave_out: str = ""
    sent_path: str = ""
    sent_body: bytes | None = None


class WechatClient(httpx.Client):
    """One merchant's client."""

    def __init__(self, account: Mapping[str, str], notify_url: str) -> None:
        super().__init__(base_url=account["base_url"], timeout=30, trust_env=False)
        self.account = account
        self.notify_url = notify_url
        key = load_pem_private_key(account["merchant_private_key"].encode(), None)
        public = load_pem_public_key(account["public_key"].encode())
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(public, RSAPublicKey)
        self._key, self._public = key, public

    def call(
        self, method: str, path: str, body: Any = None, signing: Signing | None = None, **options: Any
    ) -> httpx.Response:
        """This function will send a signed request."""
        signing = signing or Signing()
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
        timestamp = signing.attributes.get("timestamp", timestamp)
        message = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + content + b"\n"
        attributes = {
            "mchid": self.account["mchid"],
            "nonce_str": nonce,
            "signature": base64.b64encode(self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode(),
            "timestamp": timestamp,
            "serial_no": self.account["merchant_serial"],
        } | signing.attributes
        attributes.pop(signing.leave_out, None)
        written = ",".join(f'{name}="{value}"' for name, value in attributes.items())
        headers = {
            "Authorization": f"{signing.scheme} {written}",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        sent = content if signing.sent_body is None else signing.sent_body
        return self.request(method, signing.sent_path or path, content=sent, headers=headers, **options)

    def genuine(self, headers: Mapping[str, str], body: bytes) -> bool:
        """This function will tell whether WeChat Pay signed this, now."""
        if headers["wechatpay-serial"] != self.account["public_key_id"]:
            return False
        timestamp, nonce = headers["wechatpay-timestamp"], headers["wechatpay-nonce"]
        message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
        try:
            signature = base64.b64decode(headers["wechatpay-signature"], validate=True)
            self._public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return abs(time.time() - int(timestamp)) < 300

    def told(self, answer: httpx.Response) -> Any:
        """This function will give a successful answer's content after verifying its signature."""
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json; charset=utf-8"
        assert self.genuine(answer.headers, answer.content)
        return answer.json()

    def opened(self, posted: Posted) -> tuple[dict[str, Any], dict[str, Any]]:
        """This function will verify a notification and give its envelope and its decrypted resource."""
        assert self.genuine(posted.headers, posted.body)
        envelope = json.loads(posted.body)
        sealed = envelope["resource"]
        assert sealed["algorithm"] == "AEAD_AES_256_GCM"
        plain = AESGCM(self.account["apiv3_key"].encode()).decrypt(
            sealed["nonce"].encode(), base64.b64decode(sealed["ciphertext"]), sealed["associated_data"].encode()
        )
        return envelope, json.loads(plain)

    # -- the calls

    def order(self, number: str, total: int = 990, **changes: Any) -> dict[str, Any]:
        """This function will give the body of an order."""
        body = {
            "appid": self.account["appid"],
            "mchid": self.account["mchid"],
            "description": "A mug 杯子",
            "out_trade_no": number,
            "notify_url": self.notify_url,
            "amount": {"total": total, "currency": "CNY"},
        }
        return body | changes

    def create(self, number: str, total: int = 990, **changes: Any) -> httpx.Response:
        """This function will place a Native order."""
        return self.call("POST", NATIVE, self.order(number, total, **changes))

    def bridged(self, prepay_id: str) -> dict[str, str]:
        """This function will sign what a page hands to WeChat's browser to have an order paid there."""
        fields = {"appId": self.account["appid"], "timeStamp": str(int(time.time())), "nonceStr": secrets.token_hex(16)}
        fields["package"] = f"prepay_id={prepay_id}"
        message = "".join(f"{value}\n" for value in fields.values()).encode()
        signature = self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())
        return fields | {"signType": "RSA", "paySign": base64.b64encode(signature).decode()}

    def query(self, number: str) -> httpx.Response:
        """This function will query by our number."""
        return self.call("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid={self.account['mchid']}")

    def close_order(self, number: str, **options: Any) -> httpx.Response:
        """This function will close an order."""
        path = f"/v3/pay/transactions/out-trade-no/{number}/close"
        return self.call("POST", path, {"mchid": self.account["mchid"]}, **options)

    def refund(self, number: str, refund_no: str, refund: int, total: int = 990, **changes: Any) -> httpx.Response:
        """This function will ask for a refund."""
        amount = {"refund": refund, "total": total, "currency": "CNY"}
        body = {"out_trade_no": number, "out_refund_no": refund_no, "amount": amount, "notify_url": self.notify_url}
        return self.call("POST", REFUNDS, body | changes)

    def refund_query(self, refund_no: str) -> httpx.Response:
        """This function will query a refund."""
        return self.call("GET", f"{REFUNDS}/{refund_no}")

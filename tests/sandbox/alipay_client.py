"""A small Alipay client of its own: signs requests, verifies the raw substring of answers, and notifications."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import parse_qsl

import httpx
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from tests.sandbox.server import Posted

BEIJING = timezone(timedelta(hours=8))


def joined(parameters: Mapping[str, str], without: tuple[str, ...]) -> bytes:
    """This function will give what is signed: sorted, empty values and `without` left out."""
    kept = {name: value for name, value in parameters.items() if name not in without and value != ""}
    return "&".join(f"{name}={kept[name]}" for name in sorted(kept)).encode()


class AlipayClient(httpx.Client):
    """One merchant's client."""

    def __init__(self, account: Mapping[str, str], notify_url: str) -> None:
        super().__init__(timeout=30, trust_env=False)
        self.account = account
        self.notify_url = notify_url
        key = load_pem_private_key(account["app_private_key"].encode(), None)
        public = load_pem_public_key(account["alipay_public_key"].encode())
        assert isinstance(key, RSAPrivateKey)
        assert isinstance(public, RSAPublicKey)
        self._key, self._public = key, public

    def signed(self, method: str, content: Mapping[str, Any], **changes: str) -> dict[str, str]:
        """This function will give all parameters of a call, signed."""
        parameters = {
            "app_id": self.account["app_id"],
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": datetime.now(UTC).astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S"),
            "version": "1.0",
            "notify_url": self.notify_url,
            "biz_content": json.dumps(content, ensure_ascii=False),
        } | changes
        signature = self._key.sign(joined(parameters, ("sign",)), padding.PKCS1v15(), hashes.SHA256())
        return {"sign": base64.b64encode(signature).decode()} | parameters

    def ask(self, parameters: Mapping[str, str], in_query: tuple[str, ...] = ()) -> httpx.Response:
        """This function will post the parameters, some of them in the query."""
        query = {name: value for name, value in parameters.items() if name in in_query}
        form = {name: value for name, value in parameters.items() if name not in in_query}
        return self.post(self.account["gateway_url"], params=query, data=form)

    def call(self, method: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """This function will call a method and give the answer's fields after verifying the signature."""
        answer = self.ask(self.signed(method, content))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html;charset=utf-8"
        substring, sign = self.split(answer.text, method)
        assert self.genuine(substring.encode(), sign), answer.text
        fields: dict[str, Any] = json.loads(substring)
        return fields

    @staticmethod
    def split(text: str, method: str) -> tuple[str, str]:
        """This function will give the raw text of the response object, and the sign ("" when there is none)."""
        key = method.replace(".", "_") + "_response"
        start = text.index(f'"{key}":') + len(key) + 3
        _, end = json.JSONDecoder().raw_decode(text, start)
        return text[start:end], json.loads(text).get("sign", "")

    def genuine(self, content: bytes, sign: str) -> bool:
        """This function will tell whether Alipay signed this."""
        try:
            self._public.verify(base64.b64decode(sign), content, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True

    def opened(self, posted: Posted) -> dict[str, str]:
        """This function will verify a notification and give its fields."""
        assert posted.headers["content-type"] == "application/x-www-form-urlencoded; charset=utf-8"
        form = dict(parse_qsl(posted.body.decode(), keep_blank_values=True, strict_parsing=True))
        assert self.genuine(joined(form, ("sign", "sign_type")), form["sign"])
        return form

    # -- the calls

    def precreate(self, number: str, amount: str = "9.90", **changes: Any) -> dict[str, Any]:
        """This function will apply for a QR code."""
        content = {"out_trade_no": number, "total_amount": amount, "subject": "A mug 杯子 {a/b}+c"} | changes
        return self.call("alipay.trade.precreate", content)

    def query(self, number: str) -> dict[str, Any]:
        """This function will query a trade."""
        return self.call("alipay.trade.query", {"out_trade_no": number})

    def close_trade(self, number: str) -> dict[str, Any]:
        """This function will close a trade."""
        return self.call("alipay.trade.close", {"out_trade_no": number})

    def refund(self, number: str, request_no: str, amount: str) -> dict[str, Any]:
        """This function will ask for a refund."""
        content = {"out_trade_no": number, "out_request_no": request_no, "refund_amount": amount}
        return self.call("alipay.trade.refund", content)

    def refund_query(self, number: str, request_no: str) -> dict[str, Any]:
        """This function will query a refund."""
        return self.call("alipay.trade.fastpay.refund.query", {"out_trade_no": number, "out_request_no": request_no})

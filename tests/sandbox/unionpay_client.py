"""A small UnionPay client of its own: signs forms, reads bracketed answers, checks the certificate's chain."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

import httpx
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.sandbox.server import Posted

BEIJING = timezone(timedelta(hours=8))


def moment(seconds: float = 0) -> str:
    """This function will give a time from now as UnionPay writes it."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).astimezone(BEIJING).strftime("%Y%m%d%H%M%S")


def digest(fields: Mapping[str, str]) -> bytes:
    """This function will give what is signed."""
    pairs = sorted((name, value) for name, value in fields.items() if name != "signature" and value != "")
    return hashlib.sha256("&".join(f"{name}={value}" for name, value in pairs).encode()).hexdigest().encode()


def parsed(text: str) -> dict[str, str]:
    """This function will split an answer whose values may hold & and = inside brackets."""
    found, name, value, depth = {}, "", "", 0
    for letter in text + "&":
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(letter, 0) if name else 0
        if letter == "=" and not name:
            name, value = value, ""
        elif letter == "&" and depth == 0:
            found[name] = value
            name, value = "", ""
        else:
            value += letter
    return found


class UnionpayClient(httpx.Client):
    """One merchant's client."""

    def __init__(self, account: Mapping[str, str], notify_url: str) -> None:
        super().__init__(timeout=30, trust_env=False)
        self.account = account
        self.notify_url = notify_url
        key = load_pem_private_key(account["merchant_private_key"].encode(), None)
        assert isinstance(key, RSAPrivateKey)
        self._key = key

    def signed(self, **fields: str) -> dict[str, str]:
        """This function will complete and sign a request."""
        complete = {
            "version": "5.1.0",
            "encoding": "UTF-8",
            "signMethod": "01",
            "certId": self.account["cert_id"],
            "accessType": "0",
            "channelType": "07",
            "merId": self.account["mer_id"],
        } | fields
        signature = self._key.sign(digest(complete), padding.PKCS1v15(), hashes.SHA256())
        return complete | {"signature": base64.b64encode(signature).decode()}

    def consume_form(self, order_id: str, txn_time: str, **changes: str) -> dict[str, str]:
        """This function will give the form that the browser posts to pay 9.90 yuan."""
        fields = {
            "txnType": "01",
            "txnSubType": "01",
            "bizType": "000201",
            "orderId": order_id,
            "txnTime": txn_time,
            "txnAmt": "990",
            "currencyCode": "156",
            "backUrl": self.notify_url,
            "frontUrl": "http://shop.example/return",
            "payTimeout": moment(900),
        }
        return self.signed(**(fields | changes))

    def front(self, form: Mapping[str, str]) -> httpx.Response:
        """This function will post a form as the browser does."""
        return self.post(f"{self.account['gateway_url']}/frontTransReq.do", data=dict(form))

    def ask(self, address: str, form: Mapping[str, str]) -> dict[str, str]:
        """This function will post a form as a server does and give the answer after verifying it."""
        answer = self.post(address, data=dict(form))
        assert answer.status_code == 200, answer.text
        fields = parsed(answer.text)
        assert self.genuine(fields), answer.text
        return fields

    def query(self, order_id: str, txn_time: str, **changes: str) -> dict[str, str]:
        """This function will query a payment, refund or undo."""
        fields = {"txnType": "00", "txnSubType": "00", "bizType": "000201", "orderId": order_id, "txnTime": txn_time}
        return self.ask(f"{self.account['gateway_url']}/queryTrans.do", self.signed(**(fields | changes)))

    def back(self, kind: str, order_id: str, txn_time: str, amount: str, **changes: str) -> dict[str, str]:
        """This function will ask for a refund (04) or an undo (31)."""
        fields = {
            "txnType": kind,
            "txnSubType": "00",
            "bizType": "000201",
            "orderId": order_id,
            "txnTime": txn_time,
            "txnAmt": amount,
            "backUrl": self.notify_url,
        }
        return self.ask(f"{self.account['gateway_url']}/backTransReq.do", self.signed(**(fields | changes)))

    def genuine(self, fields: Mapping[str, str]) -> bool:
        """This function will tell whether UnionPay signed this, down from the root that we were given."""
        if "\r\n" not in fields.get("signPubKeyCert", ""):
            return False
        leaf = x509.load_pem_x509_certificate(fields["signPubKeyCert"].encode())
        middle = x509.load_pem_x509_certificate(self.account["middle_certificate"].encode())
        root = x509.load_pem_x509_certificate(self.account["root_certificate"].encode())
        middle.verify_directly_issued_by(root)
        leaf.verify_directly_issued_by(middle)
        assert isinstance(leaf.signature_hash_algorithm, hashes.SHA256)
        name = leaf.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value
        assert str(name).split("@")[2] == "中国银联股份有限公司"
        key = leaf.public_key()
        assert isinstance(key, RSAPublicKey)
        try:
            key.verify(base64.b64decode(fields["signature"]), digest(fields), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, KeyError):
            return False
        return True

    def opened(self, posted: Posted) -> dict[str, str]:
        """This function will verify a notification and give its fields."""
        form = dict(parse_qsl(posted.body.decode(), keep_blank_values=True, strict_parsing=True))
        assert self.genuine(form)
        return form

"""WeChat Pay's side of the benchmark: its keys, its account's settings, its answers and notifications."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from cashier.channels import rsa
from payhub import clock

APPID, MCHID = "wx0000000000000001", "1900000001"
SERIAL = "PUB_KEY_ID_0116000000000000000000000000000001"
APIV3_KEY = "0123456789abcdef0123456789abcdef"
CODE_URL = "weixin://wxpay/bizpayurl?pr=p4lpSuKzz"
AMOUNT_MINOR = 12_800


def new_key() -> tuple[str, str]:
    """Return a private key and its public key, as PEM."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def account_settings(base_url: str, public_pem: str) -> dict[str, str]:
    """Return the settings of a merchant's account with a new key of its own."""
    return {
        "base_url": base_url,
        "mchid": MCHID,
        "appid": APPID,
        "merchant_serial": "5157F09EFDC096DE15EBE81A47057A7232F1B8E1",
        "merchant_private_key": new_key()[0],
        "apiv3_key": APIV3_KEY,
        "public_key_id": SERIAL,
        "public_key": public_pem,
    }


def answer_headers(private_pem: str, body: bytes) -> dict[str, str]:
    """Return the headers by which WeChat Pay vouches for a body."""
    timestamp, nonce = str(int(clock.now().timestamp())), "593BEC0C930BF1AFEB40B4A08C8FB242"
    message = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
    return {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": SERIAL,
        "Wechatpay-Signature": rsa.sign(rsa.private_key(private_pem), message),
    }


def open_trade(target: str) -> bytes:
    """Return the answer to a query about an order that nobody has paid."""
    number = unquote(urlsplit(target).path.rsplit("/", 1)[-1])
    return json.dumps(_transaction(number, "NOTPAY")).encode()


def paid_notification(private_pem: str, number: str) -> tuple[dict[str, str], bytes]:
    """Return headers and body by which WeChat Pay says that an order was paid."""
    paid = _transaction(number, "SUCCESS") | {
        "transaction_id": f"42{number}",
        "trade_type": "NATIVE",
        "bank_type": "CMC",
        "success_time": clock.now().isoformat(timespec="seconds"),
    }
    nonce, kind = "fdasflkja484", "transaction"
    sealed = AESGCM(APIV3_KEY.encode()).encrypt(nonce.encode(), json.dumps(paid).encode(), kind.encode())
    body = json.dumps(
        {
            "id": f"EV-{number}",
            "event_type": "TRANSACTION.SUCCESS",
            "resource_type": "encrypt-resource",
            "resource": {
                "original_type": kind,
                "algorithm": "AEAD_AES_256_GCM",
                "ciphertext": base64.b64encode(sealed).decode(),
                "associated_data": kind,
                "nonce": nonce,
            },
        }
    ).encode()
    return {"Content-Type": "application/json", **answer_headers(private_pem, body)}, body


def _transaction(number: str, state: str) -> dict[str, object]:
    amount: Mapping[str, object] = {"total": AMOUNT_MINOR, "currency": "CNY"}
    return {"appid": APPID, "mchid": MCHID, "out_trade_no": number, "trade_state": state, "amount": amount}

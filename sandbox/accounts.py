"""The merchant accounts: made once, with fresh keys, and handed to the merchant as JSON."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from pathlib import Path

from sandbox import certificates, rsa
from sandbox.store import Store

UNIONPAY_NAME = "中国银联股份有限公司"  # the third part of the signing certificate's common name

Account = dict[str, dict[str, str]]  # the merchant's side and the channel's


def issue(data: Path, base_url: str) -> dict[str, dict[str, str]]:
    """This function will give the merchant's side of every account, making what does not exist yet.

    Keys and ids stay the same for ever; the addresses follow base_url.
    """
    store = Store(data)
    base_url = base_url.rstrip("/")
    try:
        with store.transaction():
            store.remember("base_url", base_url)
            accounts = {name: _account(store, name, make) for name, make in _MAKERS.items()}
    finally:
        store.close()
    return {name: _ADDRESSES[name](base_url) | account["merchant"] for name, account in accounts.items()}


def _account(store: Store, name: str, make: Callable[[], Account]) -> Account:
    account: Account | None = store.recall(name)
    if account is None:
        account = make()
        store.remember(name, account)
    return account


def _digits(count: int) -> str:
    return "".join(secrets.choice(string.digits) for _ in range(count))


def _letters(count: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(count))


def _wechat() -> Account:
    merchant_key, channel_key = rsa.new_private_pem(), rsa.new_private_pem()
    this_year, next_year = (certificates.issue("Tenpay.com sign", "Tenpay.com") for _ in range(2))
    merchant = {
        "mchid": "1600012345",
        "appid": "wx" + secrets.token_hex(8),
        "merchant_serial": secrets.token_hex(20).upper(),
        "merchant_private_key": merchant_key,
        "apiv3_key": _letters(32),
        "public_key_id": "PUB_KEY_ID_" + _digits(40),
        "public_key": rsa.public_pem(channel_key),
        "platform_certificates": this_year.certificate,
    }
    channel = {
        "private_key": channel_key,
        "certificate": this_year.certificate,
        "certificate_key": this_year.private_key,
        "next_certificate": next_year.certificate,
        "next_certificate_key": next_year.private_key,
    }
    return {"merchant": merchant, "channel": channel}


def _alipay() -> Account:
    merchant_key, channel_key = rsa.new_private_pem(), rsa.new_private_pem()
    merchant = {
        "app_id": "2021000000012345",
        "seller_id": "2088000000054321",
        "app_private_key": merchant_key,
        "alipay_public_key": rsa.public_pem(channel_key),
    }
    return {"merchant": merchant, "channel": {"private_key": channel_key}}


def _unionpay() -> Account:
    root = certificates.issue("Sandbox Root CA", "Sandbox", is_ca=True)
    middle = certificates.issue("Sandbox Middle CA", "Sandbox", root, is_ca=True)
    signer = certificates.issue(f"041@8310000000083040@{UNIONPAY_NAME}@00016495", "Sandbox", middle)
    merchant = {
        "mer_id": "777290000012345",
        "cert_id": "6" + _digits(10),
        "merchant_private_key": rsa.new_private_pem(),
        "root_certificate": root.certificate,
        "middle_certificate": middle.certificate,
    }
    return {"merchant": merchant, "channel": {"certificate": signer.certificate, "private_key": signer.private_key}}


def _stripe() -> Account:
    secret_key, webhook_secret = "sk_test_" + _letters(24), "whsec_" + _letters(32)
    return {"merchant": {"secret_key": secret_key, "webhook_secret": webhook_secret}, "channel": {}}


_MAKERS = {"wechat": _wechat, "alipay": _alipay, "unionpay": _unionpay, "stripe": _stripe}
_ADDRESSES: dict[str, Callable[[str], dict[str, str]]] = {
    "wechat": lambda base_url: {"base_url": base_url},
    "alipay": lambda base_url: {"gateway_url": f"{base_url}/gateway.do"},
    "unionpay": lambda base_url: {"gateway_url": f"{base_url}/gateway/api", "file_url": f"{base_url}/filedownload/"},
    "stripe": lambda base_url: {"api_base": base_url},
}

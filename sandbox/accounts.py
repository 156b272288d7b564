"""The merchant accounts: made once, with fresh keys, and handed to the merchant as JSON."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from pathlib import Path

from sandbox import rsa
from sandbox.store import Store

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


def _wechat() -> Account:
    merchant_key, channel_key = rsa.new_private_pem(), rsa.new_private_pem()
    letters = string.ascii_letters + string.digits
    merchant = {
        "mchid": "1600012345",
        "appid": "wx" + secrets.token_hex(8),
        "merchant_serial": secrets.token_hex(20).upper(),
        "merchant_private_key": merchant_key,
        "apiv3_key": "".join(secrets.choice(letters) for _ in range(32)),
        "public_key_id": "PUB_KEY_ID_" + "".join(secrets.choice(string.digits) for _ in range(40)),
        "public_key": rsa.public_pem(channel_key),
    }
    return {"merchant": merchant, "channel": {"private_key": channel_key}}


def _alipay() -> Account:
    merchant_key, channel_key = rsa.new_private_pem(), rsa.new_private_pem()
    merchant = {
        "app_id": "2021000000012345",
        "seller_id": "2088000000054321",
        "app_private_key": merchant_key,
        "alipay_public_key": rsa.public_pem(channel_key),
    }
    return {"merchant": merchant, "channel": {"private_key": channel_key}}


_MAKERS = {"wechat": _wechat, "alipay": _alipay}
_ADDRESSES: dict[str, Callable[[str], dict[str, str]]] = {
    "wechat": lambda base_url: {"base_url": base_url},
    "alipay": lambda base_url: {"gateway_url": f"{base_url}/gateway.do"},
}

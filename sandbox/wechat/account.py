"""The WeChat Pay account as the channel sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from sandbox import rsa


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatAccount:
    """One merchant's ids and keys."""

    mchid: str
    appid: str
    merchant_serial: str
    merchant_key: RSAPublicKey
    apiv3_key: bytes
    public_key_id: str
    channel_key: RSAPrivateKey

    @classmethod
    def load(cls, kept: dict[str, Any]) -> WechatAccount:
        """This function will make the account from what the keyring holds."""
        merchant = kept["merchant"]
        return cls(
            mchid=merchant["mchid"],
            appid=merchant["appid"],
            merchant_serial=merchant["merchant_serial"],
            merchant_key=rsa.private_key(merchant["merchant_private_key"]).public_key(),
            apiv3_key=merchant["apiv3_key"].encode(),
            public_key_id=merchant["public_key_id"],
            channel_key=rsa.private_key(kept["channel"]["private_key"]),
        )

"""The Alipay account as the channel sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from sandbox import rsa


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayAccount:
    """One merchant's ids and keys."""

    app_id: str
    seller_id: str
    app_key: RSAPublicKey
    channel_key: RSAPrivateKey

    @classmethod
    def load(cls, kept: dict[str, Any]) -> AlipayAccount:
        """This function will make the account from what the keyring holds."""
        merchant = kept["merchant"]
        return cls(
            app_id=merchant["app_id"],
            seller_id=merchant["seller_id"],
            app_key=rsa.private_key(merchant["app_private_key"]).public_key(),
            channel_key=rsa.private_key(kept["channel"]["private_key"]),
        )

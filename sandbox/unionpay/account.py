"""The UnionPay account as the channel sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from sandbox import rsa


@dataclass(frozen=True, slots=True, kw_only=True)
class UnionpayAccount:
    """One merchant's ids and keys."""

    mer_id: str
    cert_id: str
    merchant_key: RSAPublicKey
    channel_key: RSAPrivateKey
    certificate: str  #: PEM with CRLF line ends: they are part of what is signed.

    @classmethod
    def load(cls, kept: dict[str, Any]) -> UnionpayAccount:
        """This function will make the account from what the keyring holds."""
        merchant, channel = kept["merchant"], kept["channel"]
        return cls(
            mer_id=merchant["mer_id"],
            cert_id=merchant["cert_id"],
            merchant_key=rsa.private_key(merchant["merchant_private_key"]).public_key(),
            channel_key=rsa.private_key(channel["private_key"]),
            certificate=channel["certificate"].replace("\r", "").replace("\n", "\r\n"),
        )

"""The WeChat Pay account as the channel sees it, and the keys that the channel signs with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from sandbox import certificates, rsa
from sandbox.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One key of WeChat Pay's: its id (or its certificate's serial), and the certificate where it has one."""

    serial: str
    key: RSAPrivateKey
    certificate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatAccount:
    """One merchant's ids and keys."""

    settings: Settings
    mchid: str
    appid: str
    merchant_serial: str
    merchant_key: RSAPublicKey
    apiv3_key: bytes
    public_key: Signer
    old: Signer
    new: Signer

    @classmethod
    def load(cls, settings: Settings, kept: dict[str, Any]) -> WechatAccount:
        """This function will make the account from what the keyring holds."""
        merchant, channel = kept["merchant"], kept["channel"]
        return cls(
            settings=settings,
            mchid=merchant["mchid"],
            appid=merchant["appid"],
            merchant_serial=merchant["merchant_serial"],
            merchant_key=rsa.private_key(merchant["merchant_private_key"]).public_key(),
            apiv3_key=merchant["apiv3_key"].encode(),
            public_key=Signer(serial=merchant["public_key_id"], key=rsa.private_key(channel["private_key"])),
            old=_certified(channel["certificate"], channel["certificate_key"]),
            new=_certified(channel["next_certificate"], channel["next_certificate_key"]),
        )

    def listed(self) -> list[Signer]:
        """This function will give the certificates that /v3/certificates lists now."""
        return {"none": [self.old], "overlap": [self.old, self.new], "done": [self.old, self.new]}.get(
            self.settings["wechat_rotation"], [self.new]
        )

    def signer(self, asked_for: str = "") -> Signer:
        """This function will give the key to sign with: the one that the request names, else as set."""
        for signer in (self.public_key, *self.listed()):
            if signer.serial == asked_for:
                return signer
        if self.settings["wechat_scheme"] == "public_key":
            return self.public_key
        return self.old if self.settings["wechat_rotation"] in ("none", "overlap") else self.new


def _certified(certificate: str, key: str) -> Signer:
    return Signer(serial=certificates.serial_hex(certificate), key=rsa.private_key(key), certificate=certificate)

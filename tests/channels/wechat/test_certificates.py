"""WeChat Pay's older scheme: platform certificates, which are replaced while we run."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cashier.channels.base import NotificationRefused, Outcome
from tests.channels import keys
from tests.channels.counterparts.wechat import APIV3_KEY, WeChatSide
from tests.channels.scripted import Call


class CertificateSide(WeChatSide):
    """WeChat Pay signing with a certificate: the old one, then the new one."""

    def __init__(self) -> None:
        self.old, self.new = (
            keys.certificate("old", common_name="Tenpay.com sign", serial=0xAB01),
            keys.certificate("new", common_name="Tenpay.com sign", serial=0xAB02),
        )
        self.signer = "old"
        self.lists = 0
        self.list_key = APIV3_KEY
        super().__init__()

    def settings(self) -> dict[str, str]:
        kept = {k: v for k, v in super().settings().items() if not k.startswith("public_key")}
        return kept | {"platform_certificates": self.old}

    def signed(self, body: bytes, sign: str = "good") -> dict[str, str]:
        headers = super().signed(body, sign)
        stamp = f"{headers['wechatpay-timestamp']}\n{headers['wechatpay-nonce']}\n".encode()
        headers["wechatpay-serial"] = "AB01" if self.signer == "old" else "AB02"
        headers["wechatpay-signature"] = keys.signature(self.signer, stamp + body + b"\n")
        return headers

    def answer_paid(self, call: Call) -> httpx.Response:
        """Answer queries, and hand out the certificates to whoever asks."""
        if call.url.path != "/v3/certificates":
            return self.says("query", "paid")
        self.lists += 1
        nonce = b"123456789012"
        ciphertext = AESGCM(self.list_key.encode()).encrypt(nonce, self.new.encode(), b"certificate")
        encrypted = {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce.decode(),
            "associated_data": "certificate",
            "ciphertext": base64.b64encode(ciphertext).decode(),
        }
        body = json.dumps({"data": [{"serial_no": "AB02", "encrypt_certificate": encrypted}]}).encode()
        return self.answer(200, body)


@pytest.fixture
def side() -> CertificateSide:
    side = CertificateSide()
    side.http.answer = side.answer_paid
    return side


def test_an_answer_signed_by_a_known_certificate_is_believed(side: CertificateSide) -> None:
    assert side.do("query").outcome is Outcome.PAID
    assert side.lists == 0
    assert "wechatpay-serial" not in side.http.calls[0].headers


def test_a_new_certificate_is_fetched_once_and_the_answer_then_believed(side: CertificateSide) -> None:
    side.signer = "new"
    assert side.do("query").outcome is Outcome.PAID
    assert side.do("query").outcome is Outcome.PAID
    assert side.lists == 1


def test_the_old_certificate_is_still_believed_after_the_new_one_came(side: CertificateSide) -> None:
    side.signer = "new"
    side.do("query")
    side.signer = "old"
    assert side.do("query").outcome is Outcome.PAID


def test_a_notification_signed_by_an_unknown_certificate_makes_us_call_nobody(side: CertificateSide) -> None:
    side.signer = "new"
    notification = side.notification("paid")
    with pytest.raises(NotificationRefused) as refused:
        side.channel.read_notification(notification)
    assert refused.value.code == "unknown_serial"
    assert side.http.calls == []
    side.do("query")  # an answer teaches the new one; then the repeated notification is believed
    assert side.channel.read_notification(notification).outcome is Outcome.PAID


def test_certificates_are_asked_for_once_a_minute_at_most(side: CertificateSide) -> None:
    side.signer, side.list_key = "new", "a key that is not ours, 32 bytes."[:32]
    for _ in range(5):
        assert side.do("query").outcome is Outcome.UNKNOWN
    assert side.lists == 1
    side.clock.time += timedelta(seconds=60)
    side.do("query")
    assert side.lists == 2


def test_a_certificate_list_that_another_key_encrypted_teaches_nothing(side: CertificateSide) -> None:
    side.signer, side.list_key = "new", "a key that is not ours, 32 bytes."[:32]
    fact = side.do("query")
    assert (fact.outcome, fact.code) == (Outcome.UNKNOWN, "unknown_serial")


def test_an_expired_certificate_is_not_believed(side: CertificateSide) -> None:
    side.channel = side.opened(
        platform_certificates=keys.certificate("old", common_name="Tenpay.com sign", serial=0xAB01, days=(-730, -1))
    )
    assert side.do("query").outcome is Outcome.UNKNOWN


def test_an_account_without_any_key_to_verify_with_cannot_be_opened(side: CertificateSide) -> None:
    settings = side.settings()
    del settings["platform_certificates"]
    side.settings = lambda: settings  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="verified"):
        side.opened()

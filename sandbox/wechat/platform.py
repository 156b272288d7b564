"""WeChat Pay: the list of platform certificates, each encrypted with the APIv3 key."""

from __future__ import annotations

from cryptography import x509

from sandbox import beijing
from sandbox.answers import Answer
from sandbox.wechat import wire
from sandbox.wechat.account import Signer, WechatAccount


def certificates(account: WechatAccount) -> Answer:
    """This function will answer GET /v3/certificates: one certificate, two while they are changed."""
    return wire.success({"data": [_listed(account, signer) for signer in account.listed()]})


def _listed(account: WechatAccount, signer: Signer) -> dict[str, object]:
    certificate = x509.load_pem_x509_certificate(signer.certificate.encode())
    return {
        "serial_no": signer.serial,
        "effective_time": beijing.rfc3339(certificate.not_valid_before_utc.timestamp()),
        "expire_time": beijing.rfc3339(certificate.not_valid_after_utc.timestamp()),
        "encrypt_certificate": wire.encrypt(account, signer.certificate.encode(), "certificate"),
    }

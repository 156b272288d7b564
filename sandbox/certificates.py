"""X.509 certificates for the channels that sign with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from sandbox import rsa

_LIFE = timedelta(days=3650)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPair:
    """A certificate with its private key, both PEM."""

    certificate: str
    private_key: str

    def kept(self) -> dict[str, str]:
        """This function will give what the keyring holds of it."""
        return {"certificate": self.certificate, "private_key": self.private_key}


def issue(common_name: str, organization: str, issuer: KeyPair | None = None, *, is_ca: bool = False) -> KeyPair:
    """This function will make a key and its certificate, signed (SHA-256) by the issuer or by itself."""
    private_pem = rsa.new_private_pem()
    key = rsa.private_key(private_pem)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    signer = key if issuer is None else rsa.private_key(issuer.private_key)
    issuer_name = subject if issuer is None else x509.load_pem_x509_certificate(issuer.certificate.encode()).subject
    begins = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + _LIFE)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .sign(signer, hashes.SHA256())
    )
    return KeyPair(certificate=certificate.public_bytes(Encoding.PEM).decode(), private_key=private_pem)


def serial_hex(certificate_pem: str) -> str:
    """This function will give a certificate's serial number as WeChat Pay writes it: hexadecimal, upper case."""
    return format(x509.load_pem_x509_certificate(certificate_pem.encode()).serial_number, "X")

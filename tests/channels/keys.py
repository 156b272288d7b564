"""RSA keys and certificates for tests, made once a run and never written down; and the time at which they are used."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


@cache
def key(owner: str) -> rsa.RSAPrivateKey:
    """Return the key of `owner`, the same one for the whole run."""
    assert owner
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(
    owner: str,
    issuer: str = "",
    *,
    common_name: str,
    serial: int,
    issuer_name: str = "",
    days: tuple[int, int] = (-730, 365),
) -> str:
    """Return a certificate of `owner`, signed by `issuer` (empty: by itself), valid for `days` around NOW, as PEM."""
    signer = issuer or owner
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer_name or issuer or common_name)]))
        .public_key(key(owner).public_key())
        .serial_number(serial)
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .sign(key(signer), SHA256())
        .public_bytes(serialization.Encoding.PEM)
        .decode()
    )


def private_pem(owner: str) -> str:
    """Return the private key as an account's settings hold it."""
    return (
        key(owner)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )


def public_pem(owner: str) -> str:
    """Return the public key as an account's settings hold it."""
    public = key(owner).public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


def signature(owner: str, message: bytes) -> str:
    """Sign as the channel does; written apart from the adapters' own signing, so that both cannot err alike."""
    return base64.b64encode(key(owner).sign(message, padding.PKCS1v15(), SHA256())).decode()


def has_signed(owner: str, signed: str, message: bytes) -> None:
    """Raise InvalidSignature unless `owner` signed this."""
    key(owner).public_key().verify(base64.b64decode(signed), message, padding.PKCS1v15(), SHA256())

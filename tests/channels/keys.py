"""RSA keys for tests, made once a run and never written down."""

from __future__ import annotations

import base64
from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256


@cache
def key(owner: str) -> rsa.RSAPrivateKey:
    """Return the key of `owner`, the same one for the whole run."""
    assert owner
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


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

"""RSA with SHA-256 (PKCS#1 v1.5, base64), which WeChat Pay, Alipay and UnionPay all sign with."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key


@lru_cache(maxsize=64)  # checking a private key costs tens of milliseconds, and adapters are built for every call
def private_key(pem: str) -> rsa.RSAPrivateKey:
    """Read an unencrypted PEM private key; raise ValueError when it is none, or not RSA."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError("This private key is not an RSA key.")  # noqa: TRY004 - a wrong value of the right type
    return key


@lru_cache(maxsize=64)
def public_key(pem: str) -> rsa.RSAPublicKey:
    """Read a PEM public key; raise ValueError when it is none, or not RSA."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise ValueError("This public key is not an RSA key.")  # noqa: TRY004 - a wrong value of the right type
    return key


def sign(key: rsa.RSAPrivateKey, message: bytes) -> str:
    """Return the base64 signature of `message`."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), SHA256())).decode()


def is_signed(key: rsa.RSAPublicKey, signature: str, message: bytes) -> bool:
    """Tell whether `signature` is this key's for exactly these bytes; False too for what is not base64 at all, or not
    written as base64 is (its last character has bits to spare: one signature, one text)."""
    try:
        signed = base64.b64decode(signature, validate=True)
        key.verify(signed, message, padding.PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(signed).decode() == signature

"""RSA with SHA-256 and PKCS #1 v1.5, which all three Chinese channels sign with."""

from __future__ import annotations

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)


def new_private_pem() -> str:
    """This function will make a 2048-bit key and give it as PKCS #8 PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def private_key(pem: str) -> rsa.RSAPrivateKey:
    """This function will load a private key; raise TypeError when it is not RSA."""
    key = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("The channels sign with RSA keys only.")
    return key


def public_key(pem: str) -> rsa.RSAPublicKey:
    """This function will load a public key; raise TypeError when it is not RSA."""
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, rsa.RSAPublicKey):
        raise TypeError("The channels sign with RSA keys only.")
    return key


def public_pem(private_pem: str) -> str:
    """This function will give the public half of a private key as SubjectPublicKeyInfo PEM."""
    key = private_key(private_pem).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def sign(key: rsa.RSAPrivateKey, message: bytes) -> str:
    """This function will sign a message and give the signature in base64."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def verified(key: rsa.RSAPublicKey, signature: str, message: bytes) -> bool:
    """This function will tell whether a base64 signature is this key's over this message; nonsense is False."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True

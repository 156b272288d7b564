"""Whether a message is UnionPay's: it brings its signer's certificate along, which must be proven first.

Without that proof anybody could sign with a certificate of their own. The authority also certifies merchants, so the
name counts too. Source: UnionPay gateway 5.1.0, signature and certificates.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

SIGNER = "中国银联股份有限公司"


class Trust:
    """The configured authority (root and middle certificate) and the name that it must have certified."""

    def __init__(self, root: str, middle: str, signer: str = SIGNER) -> None:
        self._root, self._middle, self._signer = root, middle, signer
        if not _chain(middle, root):
            raise ValueError("The middle certificate is not the root's.")

    def key(self, pem: str, now: datetime) -> RSAPublicKey | None:
        """Return the key in UnionPay's certificate `pem`; None when it is not proven, not UnionPay's or not valid now."""
        if not _chain(pem, self._middle):
            return None
        chain = [_certificate(text) for text in (pem, self._middle, self._root)]
        if not all(one.not_valid_before_utc <= now <= one.not_valid_after_utc for one in chain):
            return None
        if self._name(chain[0]) != self._signer:
            return None
        key = chain[0].public_key()
        return key if isinstance(key, RSAPublicKey) else None

    def _name(self, certificate: x509.Certificate) -> str:
        """Return the third part of the common name: 041@8310000000083040@name@00016495."""
        names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        parts = str(names[0].value).split("@") if len(names) == 1 else []
        return parts[2] if len(parts) == 4 else ""


@lru_cache(maxsize=64)
def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


@lru_cache(maxsize=64)  # every message brings the same certificate
def _chain(pem: str, issuer_pem: str) -> bool:
    """Tell whether the issuer signed this certificate. (Its chain has no SAN: the TLS verifier does not fit.)"""
    try:
        _certificate(pem).verify_directly_issued_by(_certificate(issuer_pem))
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion):
        return False
    return True

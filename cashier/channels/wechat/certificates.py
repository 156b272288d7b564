"""WeChat Pay's platform certificates: the keys that verify it in the older scheme, which change while we run."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

REFRESH_APART = timedelta(seconds=60)


class Certificates:
    """The certificates that are known, by serial. Shared by the threads that use one account's adapter."""

    def __init__(self, bundle: str) -> None:
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._known = _by_serial(x509.load_pem_x509_certificates(bundle.encode())) if bundle.strip() else {}

    def key(self, serial: str, now: datetime) -> RSAPublicKey | None:
        """Return the key of the certificate `serial` if it is known and valid now."""
        certificate = self._known.get(serial)
        if certificate is None or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
            return None
        key = certificate.public_key()
        return key if isinstance(key, RSAPublicKey) else None

    def may_ask(self, now: datetime) -> bool:
        """Tell whether WeChat Pay may be asked for its certificates now, and count it as asked: once a minute."""
        with self._lock:
            if self._asked_at is not None and now < self._asked_at + REFRESH_APART:
                return False
            self._asked_at = now
            return True

    def learn(self, pems: Iterable[bytes]) -> None:
        """Add certificates; those that are known stay, because answers signed by them may be on their way."""
        learned = _by_serial(x509.load_pem_x509_certificate(pem) for pem in pems)
        with self._lock:
            self._known = self._known | learned


def _by_serial(certificates: Iterable[x509.Certificate]) -> dict[str, x509.Certificate]:
    return {format(certificate.serial_number, "X"): certificate for certificate in certificates}

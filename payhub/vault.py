"""Secrets at rest: sealed with the first of PAYHUB_VAULT_KEYS, opened with any of them (rotation)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class CannotOpen(Exception):
    """The sealed text was sealed with a key that PAYHUB_VAULT_KEYS does not hold, or was changed."""


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.PAYHUB_VAULT_KEYS])


def seal(values: Mapping[str, str]) -> str:
    """Return the values as one encrypted, authenticated text."""
    return _fernet().encrypt(json.dumps(dict(values)).encode()).decode()


def unseal(text: str) -> dict[str, str]:
    """Return the values; raise CannotOpen when no key fits."""
    try:
        opened = _fernet().decrypt(text.encode())
    except InvalidToken:
        raise CannotOpen("These credentials were sealed with a key that is not in PAYHUB_VAULT_KEYS.") from None
    return {str(key): str(value) for key, value in json.loads(opened).items()}

"""Secrets at rest: unreadable, unchangeable, and readable again after the keys were rotated."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet

from payhub.vault import CannotOpen, seal, unseal

SECRETS = {"mchid": "1900000001", "key": "多字节 secret"}


def test_what_was_sealed_opens_to_the_same_values() -> None:
    assert unseal(seal(SECRETS)) == SECRETS


def test_the_sealed_text_shows_nothing_and_never_repeats() -> None:
    first, second = seal(SECRETS), seal(SECRETS)
    assert first != second
    assert "1900000001" not in first
    assert first.isascii()


def test_a_new_first_key_seals_while_the_old_one_still_opens(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.PAYHUB_VAULT_KEYS = [old]
    before = seal(SECRETS)
    settings.PAYHUB_VAULT_KEYS = [new, old]
    after = seal(SECRETS)
    assert unseal(before) == SECRETS
    settings.PAYHUB_VAULT_KEYS = [new]
    assert unseal(after) == SECRETS
    with pytest.raises(CannotOpen):
        unseal(before)


def test_a_changed_text_does_not_open() -> None:
    sealed = seal(SECRETS)
    at = len(sealed) // 2
    with pytest.raises(CannotOpen):
        unseal(sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :])
    with pytest.raises(CannotOpen):
        unseal("")

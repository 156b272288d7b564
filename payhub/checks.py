"""Start-up checks of the settings: a wrong one is named before the first request, not after the first loss."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register("payhub")
def vault_keys(**_: Any) -> list[CheckMessage]:
    """E001: credentials can be sealed and opened."""
    try:
        good = bool([Fernet(key) for key in settings.PAYHUB_VAULT_KEYS])
    except ValueError:
        good = False
    hint = "Make one: python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
    return [] if good else [Error("PAYHUB_VAULT_KEYS must hold at least one Fernet key.", hint=hint, id="payhub.E001")]


@register("payhub")
def base_url(**_: Any) -> list[CheckMessage]:
    """E002: the address that channels and shoppers are sent to is a real one, and safe outside the demo."""
    url = urlsplit(settings.PAYHUB_BASE_URL)
    if not url.netloc or url.scheme not in {"http", "https"} or url.path:
        return [Error("PAYHUB_BASE_URL must be like https://pay.example.com, without a path.", id="payhub.E002")]
    if url.scheme == "http" and not settings.PAYHUB_DEMO:
        return [Error("PAYHUB_BASE_URL must be https outside the demo.", id="payhub.E003")]
    return []


@register("payhub")
def isolation(**_: Any) -> list[CheckMessage]:
    """E004: nothing may wrap whole requests in a transaction; services decide what is committed when."""
    wrapped = [name for name, database in settings.DATABASES.items() if database.get("ATOMIC_REQUESTS")]
    return [Error(f"ATOMIC_REQUESTS must be off (it is on for {wrapped}).", id="payhub.E004")] if wrapped else []

"""Typed readers of the environment. A missing or malformed value is one sentence that names the variable."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def env_str(name: str, default: str | None = None) -> str:
    """Return the variable, or the default; raise ImproperlyConfigured when there is neither."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set {name} (see .env.example); payhub does not start without it.")
    return value


def env_int(name: str, default: int) -> int:
    """Return the variable as a whole number."""
    text = os.environ.get(name)
    if text is None:
        return default
    try:
        return int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {text!r}.") from None


def env_bool(name: str, *, default: bool = False) -> bool:
    """Return the variable as yes or no; it must be one of 0, 1, true, false, yes, no."""
    text = os.environ.get(name)
    if text is None:
        return default
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "": False}
    if text.lower() not in known:
        raise ImproperlyConfigured(f"{name} must be 0 or 1, not {text!r}.")
    return known[text.lower()]


def env_list(name: str, default: str = "") -> list[str]:
    """Return the comma-separated variable without empty parts."""
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def env_database(name: str) -> dict[str, Any]:
    """Return Django's settings for `postgresql://user:password@host:port/name`; query parameters become options."""
    url = urlsplit(env_str(name))
    try:
        port = url.port
    except ValueError:
        port = -1
    if url.scheme not in {"postgresql", "postgres"} or port == -1 or not url.path.strip("/"):
        raise ImproperlyConfigured(f"{name} must look like postgresql://user:password@host:5432/payhub.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": unquote(url.hostname or ""),
        "PORT": str(port or ""),
    }

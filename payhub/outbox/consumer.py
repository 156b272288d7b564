"""What a consumer of events is, and how it is found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event as its consumers see it."""

    event_id: str
    name: str
    subject: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """Takes events by name. `take` runs in the transaction that marks the delivery done: exactly once, no calls out."""

    events: frozenset[str]
    take: Callable[[Message, datetime], None]


def consumers() -> dict[str, Consumer]:
    """Return all consumers by name (settings.OUTBOX_CONSUMERS)."""
    return {name: import_string(path) for name, path in settings.OUTBOX_CONSUMERS.items()}

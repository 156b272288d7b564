"""The app of the outbox."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Outbox."""

    name = "payhub.outbox"
    label = "outbox"
    verbose_name = "Outbox"

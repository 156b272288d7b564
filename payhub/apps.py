"""The app of the ground floor: start-up checks and commands."""

from __future__ import annotations

from django.apps import AppConfig

from payhub.field_words import name_fields


class PayhubConfig(AppConfig):
    """payhub."""

    name = "payhub"

    def ready(self) -> None:
        """Register the start-up checks, and name the fields of all rows: every app's models are read by now."""
        from payhub import checks  # noqa: F401, PLC0415 - Django wants its checks registered here

        name_fields()

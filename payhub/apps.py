"""The app of the ground floor: start-up checks and commands."""

from __future__ import annotations

from django.apps import AppConfig


class PayhubConfig(AppConfig):
    """payhub."""

    name = "payhub"

    def ready(self) -> None:
        """Register the start-up checks."""
        from payhub import checks  # noqa: F401, PLC0415 - Django wants its checks registered here

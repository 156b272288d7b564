"""The app of the operation trail."""

from __future__ import annotations

from django.apps import AppConfig


class TrailConfig(AppConfig):
    """Trail."""

    name = "payhub.trail"
    label = "trail"
    verbose_name = "Operation trail"

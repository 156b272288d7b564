"""The app of merchants."""

from __future__ import annotations

from django.apps import AppConfig


class MerchantsConfig(AppConfig):
    """Merchants."""

    name = "payhub.merchants"
    label = "merchants"
    verbose_name = "Merchants"

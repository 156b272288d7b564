"""The app of merchants."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MerchantsConfig(AppConfig):
    """Merchants."""

    name = "payhub.merchants"
    label = "merchants"
    verbose_name = _("Merchants")

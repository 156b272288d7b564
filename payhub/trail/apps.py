"""The app of the operation trail."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrailConfig(AppConfig):
    """Trail."""

    name = "payhub.trail"
    label = "trail"
    verbose_name = _("Operation trail")

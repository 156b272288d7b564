"""The app of the dashboard."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DashboardConfig(AppConfig):
    """Dashboard."""

    name = "payhub.dashboard"
    label = "dashboard"
    verbose_name = _("Dashboard")

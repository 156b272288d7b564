"""The app of the dashboard."""

from __future__ import annotations

from django.apps import AppConfig


class DashboardConfig(AppConfig):
    """Dashboard."""

    name = "payhub.dashboard"
    label = "dashboard"
    verbose_name = "Dashboard"

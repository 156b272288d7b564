"""The app of the books."""

from __future__ import annotations

from django.apps import AppConfig


class ReconciliationConfig(AppConfig):
    """Reconciliation 对账."""

    name = "reconciliation"
    verbose_name = "Reconciliation"

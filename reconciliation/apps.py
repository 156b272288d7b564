"""The app of the books."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReconciliationConfig(AppConfig):
    """Reconciliation 对账."""

    name = "reconciliation"
    verbose_name = _("Reconciliation")

"""The app of the payment centre."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CashierConfig(AppConfig):
    """Payment centre."""

    name = "cashier"
    verbose_name = _("Payment centre")

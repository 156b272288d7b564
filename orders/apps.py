"""The app of product orders."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OrdersConfig(AppConfig):
    """Product orders."""

    name = "orders"
    verbose_name = _("Product orders")

"""The app of the exception queue."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReviewConfig(AppConfig):
    """Exception queue."""

    name = "payhub.review"
    label = "review"
    verbose_name = _("Exception queue")

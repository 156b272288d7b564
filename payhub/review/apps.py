"""The app of the exception queue."""

from __future__ import annotations

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    """Exception queue."""

    name = "payhub.review"
    label = "review"
    verbose_name = "Exception queue"

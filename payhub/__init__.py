"""payhub: a payment hub against paying twice. This package is the project and its ground floor."""

from __future__ import annotations

from payhub.celery import app as celery_app  # so that every process, commands too, wakes workers through our broker

__all__ = ["celery_app"]

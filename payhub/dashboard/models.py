"""Summary: one figure of the dashboard as the sweep last counted it."""

from __future__ import annotations

from django.db import models


class Summary(models.Model):
    """The rows that a figure's question gave: counted anew all the time, so they may be lost or deleted at any moment.

    The days of a counter are kept nowhere else: they begin anew.
    """

    name = models.CharField(max_length=40, unique=True)
    rows = models.JSONField(default=list)
    counter = models.BigIntegerField(default=0)  # where the counter stood, of a figure that has one
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} at {self.counted_at:%H:%M:%S}"

"""The floor's three tables."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Payment(models.Model):  # noqa: DJ008 - nobody looks at it
    """What is to be collected once."""

    objects: ClassVar[models.Manager[Payment]] = models.Manager()
    token = models.CharField(max_length=32, unique=True)
    order_no = models.CharField(max_length=64, unique=True)
    amount_minor = models.BigIntegerField()
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=10, default="OPEN")
    created_at = models.DateTimeField(auto_now_add=True)


class Attempt(models.Model):  # noqa: DJ008 - nobody looks at it
    """One try at the provider."""

    objects: ClassVar[models.Manager[Attempt]] = models.Manager()
    number = models.CharField(max_length=32, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT)
    state = models.CharField(max_length=10, default="PAYING")
    code_url = models.CharField(max_length=500, default="")


class Fact(models.Model):  # noqa: DJ008 - nobody looks at it
    """What the provider said."""

    objects: ClassVar[models.Manager[Fact]] = models.Manager()
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT)
    said = models.JSONField()

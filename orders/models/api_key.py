"""ApiKey: what a merchant's program shows to be let in."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.merchants.models import Merchant


class Scope(models.TextChoices):
    """What a key may do. Reading comes with every other."""

    READ = "read", _("Read")
    WRITE = "write", _("Orders and webhooks")
    REFUND = "refund", _("Refunds")


class ApiKey(models.Model):
    """A key of a merchant; whether it is a test key is the merchant's nature. The secret itself is kept nowhere.

    `digest` is its SHA-256: it is 165 random bits, so that no slow hash is needed to keep it from being guessed.
    """

    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="api_keys")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    last_four = models.CharField(max_length=4)
    scopes = models.JSONField(default=list)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)  # to the minute
    ends_at = models.DateTimeField(null=True)  # rolled: works until then, revoked: no longer

    class Meta:
        verbose_name, verbose_name_plural = _("API key"), _("API keys")
        indexes = [models.Index(name="api_key_by_merchant", fields=["merchant", "-id"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.shown}"

    @property
    def prefix(self) -> str:
        """How its secret begins, by which everybody sees whether it is for real money."""
        return prefix_of(self.merchant)

    @property
    def shown(self) -> str:
        """What people may see of it."""
        return f"{self.prefix}…{self.last_four}"

    @property
    def subject(self) -> str:
        """Its name in the trail."""
        return f"api_key:{self.pk}"

    def works(self, now: datetime) -> bool:
        """Tell whether it lets anybody in."""
        return self.ends_at is None or now < self.ends_at

    def may(self, scope: str) -> bool:
        """Tell whether it may do this."""
        return scope in self.scopes or (scope == Scope.READ and bool(self.scopes))


def prefix_of(merchant: Merchant) -> str:
    """Return how the secrets of a merchant's keys begin."""
    return "sk_test_" if merchant.is_test else "sk_live_"

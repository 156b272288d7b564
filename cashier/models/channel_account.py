"""A merchant's account at a channel, with its credentials sealed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.merchants.models import Merchant


class ChannelAccount(models.Model):
    """What we sign with and where we call. `code` stands in notification addresses and never changes.

    `settings_version` grows with every change of the sealed settings, so that running processes open the account
    anew (rotation without a restart).
    """

    code = models.SlugField(max_length=40, unique=True)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="channel_accounts")
    channel = models.CharField(max_length=20)
    methods = models.JSONField(default=list)  # which of the channel's methods the counter offers, in this order
    is_active = models.BooleanField(default=True)  # offered for new attempts; old ones are brought to their end anyway
    is_test = models.BooleanField(default=False)
    sealed_settings = models.TextField()
    settings_version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    failures = models.IntegerField(default=0)  # creates without an answer, in a row
    broken_until = models.DateTimeField(null=True)  # kept away from new attempts until then

    class Meta:
        verbose_name, verbose_name_plural = _("channel account"), _("channel accounts")
        constraints = [
            models.UniqueConstraint(
                name="channel_account_one_active",
                fields=["merchant", "channel", "is_test"],
                condition=models.Q(is_active=True),
            )
        ]

    def __str__(self) -> str:
        return self.code

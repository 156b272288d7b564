"""FeeRule: what the channel may keep, as the contract says."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class FeeRule(models.Model):
    """A line's fee that differs by more than one minor unit is a difference. No rule: fees are taken as billed."""

    account_code = models.CharField(max_length=40, unique=True)
    rate_ppm = models.IntegerField(help_text=_("Parts per million of a payment: 6000 is 0.6 %"))

    class Meta:
        verbose_name, verbose_name_plural = _("fee rule"), _("fee rules")
        constraints = [
            models.CheckConstraint(name="fee_rule_sane", condition=models.Q(rate_ppm__gte=0, rate_ppm__lte=200_000))
        ]

    def __str__(self) -> str:
        return f"{self.account_code}: {self.rate_ppm} ppm"

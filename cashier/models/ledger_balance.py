"""LedgerBalance: what an account held at the end of a day."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.fsm import append_only


class LedgerBalance(models.Model):
    """Written once, when the day is closed; a balance is the last of these and the entries since."""

    account = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)
    day_date = models.DateField()  # in settings.TIME_ZONE
    moved_minor = models.BigIntegerField()  # the day's entries
    balance_minor = models.BigIntegerField()  # at its end

    class Meta:
        verbose_name, verbose_name_plural = _("ledger balance"), _("ledger balances")
        constraints = [
            models.UniqueConstraint(name="ledger_balance_once", fields=["account", "currency", "day_date"]),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.account} {self.day_date}: {self.balance_minor} {self.currency}"

"""LedgerEntry: double entry in minor units."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from cashier.models.channel_fact import ChannelFact
from payhub.fsm import append_only

_SUMS_TO_ZERO = """
    IF (SELECT SUM(amount_minor) FROM cashier_ledgerentry
        WHERE journal = NEW.journal AND currency = NEW.currency) <> 0 THEN
        RAISE EXCEPTION 'journal % does not sum to zero', NEW.journal
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ledger_sums_to_zero';
    END IF;
    RETURN NULL;
"""


class LedgerEntry(models.Model):
    """One side of a journal: positive is debit, negative is credit. A journal sums to zero when it is committed.

    `journal` names its cause (`receipt:17`, `return:R…`), so that no cause can be booked twice.
    """

    journal = models.CharField(max_length=60)
    line = models.SmallIntegerField()
    account = models.CharField(max_length=80)  # channel:<account>, merchant:<code>, surplus:<code>, suspense, …
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    fact = models.ForeignKey(ChannelFact, null=True, on_delete=models.PROTECT, related_name="ledger_entries")
    booked_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("ledger entry"), _("ledger entries")
        constraints = [
            models.UniqueConstraint(name="ledger_line_once", fields=["journal", "line"]),
            models.CheckConstraint(name="ledger_amount_not_zero", condition=~models.Q(amount_minor=0)),
        ]
        indexes = [models.Index(name="ledger_by_account", fields=["account", "currency", "booked_at"])]
        triggers = [
            *append_only(),
            pgtrigger.Trigger(
                name="sums_to_zero",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=_SUMS_TO_ZERO,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.journal}/{self.line} {self.account} {self.amount_minor} {self.currency}"

"""ChannelFact: every message, answer and bill line that said something about money, as evidence."""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cashier.channels.base import Outcome
from cashier.models.channel_account import ChannelAccount
from cashier.states import BOOKED, RECEIPTS, SURPLUS, FactSource, Verdict
from payhub.fsm import append_only
from payhub.money import Money

_ODD = (Verdict.PAYS_LATE, Verdict.CONTRADICTS, Verdict.NOT_OURS, Verdict.REFUSES_RETURN, Verdict.REPEATED)


class ChannelFact(models.Model):
    """Append-only. The digest covers what was said, by which door, and what was made of it: the same again has
    no effect and no second row."""

    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+")
    attempt = models.ForeignKey("cashier.Attempt", null=True, on_delete=models.PROTECT, related_name="facts")
    refund = models.ForeignKey("cashier.Refund", null=True, on_delete=models.PROTECT, related_name="facts")
    source = models.CharField(max_length=20, choices=FactSource.choices)
    outcome = models.CharField(max_length=20, choices=[(o.value, o.value) for o in Outcome])
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    attempt_no = models.CharField(max_length=64)
    refund_no = models.CharField(max_length=64, blank=True)
    amount_minor = models.BigIntegerField(null=True)
    currency = models.CharField(max_length=3, blank=True)
    channel_trade_no = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=80, blank=True)
    message = models.CharField(max_length=200, blank=True)
    raw = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, unique=True)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("channel fact"), _("channel facts")
        constraints = [
            models.CheckConstraint(
                name="fact_paid_says_how_much",
                condition=~models.Q(outcome=Outcome.PAID) | models.Q(amount_minor__isnull=False),
            ),
            # One receipt is taken once, whichever doors it comes by: the second insert has no effect.
            models.UniqueConstraint(
                name="fact_receipt_once",
                fields=["account", "attempt_no", "channel_trade_no"],
                condition=models.Q(verdict__in=RECEIPTS) & ~models.Q(channel_trade_no=""),
            ),
        ]
        indexes = [
            models.Index(name="fact_by_trade", fields=["attempt_no", "id"]),
            # What a shopper reads to us from their account.
            models.Index(
                name="fact_by_channel_no", fields=["channel_trade_no"], condition=~models.Q(channel_trade_no="")
            ),
            # What is not everyday, for people.
            models.Index(
                name="fact_odd",
                fields=["id"],
                condition=models.Q(verdict__in=[*SURPLUS, *_ODD]),
            ),
            # The day's, for the dashboard; rows come in the order of their time.
            BrinIndex(name="fact_by_time", fields=["received_at"], autosummarize=True, pages_per_range=32),
            # The view cashier_settled by day (docs/adr/0003).
            models.Index(
                "account",
                Coalesce("occurred_at", "received_at"),
                name="fact_by_settled_at",
                condition=models.Q(outcome=Outcome.PAID, verdict__in=BOOKED),
            ),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"#{self.pk} {self.source} {self.attempt_no} {self.outcome}: {self.verdict}"

    @property
    def money(self) -> Money | None:
        """What was collected or returned."""
        return None if self.amount_minor is None else Money(self.amount_minor, self.currency)

"""Attempt 支付流水: one try at one channel by one method; its number is the channel's out_trade_no."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from cashier.models.channel_account import ChannelAccount
from cashier.models.channel_fact import ChannelFact
from cashier.models.payment import Payment
from cashier.states import ATTEMPT_EDGES, LIVE, AttemptState
from payhub.fsm import Stateful, edge_guard, never_deleted, state_field, transition
from payhub.money import Money


class Attempt(Stateful):
    """What the channel was asked to collect never changes (trigger), so that a repeated create is identical.

    At most one live, exclusive, not superseded attempt stands per payment: by the payment's row lock and by a
    partial unique index. An end needs its proof, the stored fact.
    """

    attempt_no = models.CharField(max_length=24, unique=True)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="attempts")
    account = models.ForeignKey(ChannelAccount, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=20)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    exclusive = models.BooleanField()  # the merchant's policy at the time: True under STRICT
    shopper_ip = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()  # the hard deadline that the channel is given
    lease_until = models.DateTimeField()  # until then a create may be in flight
    superseded_at = models.DateTimeField(null=True)  # the shopper declared "not charged" to be allowed to pay again
    state = state_field(AttemptState, AttemptState.PAYING)

    presentation_kind = models.CharField(max_length=10, blank=True)  # empty: no code was ever shown
    presentation_content = models.TextField(blank=True)
    presentation_fields = models.JSONField(default=dict)
    memo = models.JSONField(default=dict)  # what the adapter wants back with the next call
    channel_trade_no = models.CharField(max_length=64, blank=True)

    asked_count = models.IntegerField(default=0)
    asked_at = models.DateTimeField(null=True)
    last_outcome = models.CharField(max_length=20, blank=True)  # of the last answer to a query
    last_message = models.CharField(max_length=200, blank=True)
    answers = models.JSONField(default=list)  # [[when, outcome], …]: the last that brought no end, oldest first

    surplus = models.BooleanField(default=False)  # succeeded, but the money is ours to return
    proof = models.ForeignKey(ChannelFact, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("attempt"), _("attempts")
        constraints = [
            models.UniqueConstraint(
                name="attempt_one_live",
                fields=["payment"],
                condition=models.Q(state__in=LIVE, exclusive=True, superseded_at__isnull=True),
            ),
            models.CheckConstraint(
                name="attempt_end_has_proof",
                condition=models.Q(state__in=LIVE, proof__isnull=True)
                | (~models.Q(state__in=LIVE) & models.Q(proof__isnull=False, ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="attempt_surplus_succeeded",
                condition=models.Q(surplus=False) | models.Q(state=AttemptState.SUCCEEDED),
            ),
            models.CheckConstraint(name="attempt_amount_positive", condition=models.Q(amount_minor__gt=0)),
        ]
        indexes = [
            # The few that people look for among very many.
            models.Index(name="attempt_live", fields=["id"], condition=models.Q(state__in=LIVE)),
            models.Index(name="attempt_surplus", fields=["id"], condition=models.Q(surplus=True)),
            # The last day's and week's, for the dashboard; rows come in the order of their time.
            BrinIndex(name="attempt_by_time", fields=["created_at"], autosummarize=True, pages_per_range=32),
        ]
        triggers = [
            *edge_guard(ATTEMPT_EDGES, AttemptState.PAYING),
            *never_deleted(),
            pgtrigger.ReadOnly(
                name="what_was_asked",
                fields=[
                    "attempt_no",
                    "payment",
                    "account",
                    "method",
                    "amount_minor",
                    "currency",
                    "exclusive",
                    "created_at",
                    "expires_at",
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.attempt_no} {self.state}"

    @property
    def money(self) -> Money:
        """What the channel was asked to collect."""
        return Money(self.amount_minor, self.currency)

    @property
    def is_live(self) -> bool:
        """Whether the channel may still collect by this number, as far as we know."""
        return self.state in LIVE

    @property
    def counts(self) -> bool:
        """Whether it is live and keeps another one from starting."""
        return self.is_live and self.exclusive and self.superseded_at is None

    @transition(source=[AttemptState.PAYING, AttemptState.UNKNOWN], target=AttemptState.CLOSING)
    def begin_closing(self) -> None:
        """The channel is going to be asked to close it."""

    @transition(source=[AttemptState.PAYING, AttemptState.CLOSING], target=AttemptState.UNKNOWN)
    def lose_sight(self) -> None:
        """The last scheduled query brought no end."""

    @transition(
        source=[*LIVE, AttemptState.FAILED, AttemptState.CLOSED],
        target=AttemptState.SUCCEEDED,
    )
    def succeed(self, fact: ChannelFact, at: datetime) -> None:
        """The channel collected the money: from any state, at any time."""
        self.proof = fact
        self.ended_at = at
        self.channel_trade_no = fact.channel_trade_no

    @transition(source=LIVE, target=AttemptState.FAILED)
    def fail(self, fact: ChannelFact, at: datetime) -> None:
        """The channel said for certain that this number will never be paid."""
        self.proof = fact
        self.ended_at = at

    @transition(source=LIVE, target=AttemptState.CLOSED)
    def close(self, fact: ChannelFact, at: datetime) -> None:
        """The channel confirmed that this number is closed unpaid."""
        self.proof = fact
        self.ended_at = at

"""Refund 退款: one return of money, its number fixed when it is intended."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cashier.models.attempt import Attempt
from cashier.models.channel_fact import ChannelFact
from cashier.states import REFUND_COUNTED, REFUND_EDGES, RefundState
from payhub.fsm import Stateful, edge_guard, never_deleted, state_field, transition
from payhub.money import Money


class RefundReason(models.TextChoices):
    """Why money goes back."""

    SURPLUS_SECOND = "SURPLUS_SECOND", _("Paid twice")
    SURPLUS_LATE = "SURPLUS_LATE", _("Paid too late")
    SURPLUS_AMOUNT = "SURPLUS_AMOUNT", _("Not the amount asked")
    RETURNED_GOODS = "RETURNED_GOODS", _("Goods returned")
    GOODWILL = "GOODWILL", _("Goodwill")
    OTHER = "OTHER", _("Other")


_COUNTED = ", ".join(f"'{state}'" for state in REFUND_COUNTED)
# Never more back than came in, counted with what is pending: also for writers who go round the service.
_WITHIN_RECEIPT = f"""
    PERFORM 1 FROM cashier_channelfact WHERE id = NEW.receipt_id FOR UPDATE;
    IF NEW.state IN ({_COUNTED}) AND (
        SELECT COALESCE(SUM(amount_minor), 0) FROM cashier_refund
        WHERE receipt_id = NEW.receipt_id AND id IS DISTINCT FROM NEW.id AND state IN ({_COUNTED})
    ) + NEW.amount_minor > (SELECT amount_minor FROM cashier_channelfact WHERE id = NEW.receipt_id) THEN
        RAISE EXCEPTION 'refunds of receipt % would exceed what was received', NEW.receipt_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'refund_within_receipt';
    END IF;
    RETURN NEW;
"""  # noqa: S608 - our own state names


class Refund(Stateful):
    """Money on its way back. `receipt` is the success fact whose money returns.

    Whoever asked cannot approve (constraint, superusers included); `is_automatic` marks what the merchant's limits let
    go back without a person of ours: surplus, or a refund that the merchant itself wants.
    """

    refund_no = models.CharField(max_length=24, unique=True)
    merchant_refund_no = models.CharField(max_length=64, blank=True)  # the merchant's own number for it, if it gave one
    attempt = models.ForeignKey(Attempt, on_delete=models.PROTECT, related_name="refunds")
    receipt = models.ForeignKey(ChannelFact, on_delete=models.PROTECT, related_name="refunds_of")
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=20, choices=RefundReason.choices)
    note = models.TextField(blank=True)
    is_surplus = models.BooleanField(default=False)  # the money was never the merchant's
    is_automatic = models.BooleanField(default=False)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    first_sent_at = models.DateTimeField(null=True)  # part of what the channel knows it by: set once
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    second_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    state = state_field(RefundState, RefundState.REQUESTED)
    memo = models.JSONField(default=dict)
    last_message = models.CharField(max_length=200, blank=True)
    proof = models.ForeignKey(ChannelFact, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("refund"), _("refunds")
        constraints = [
            models.CheckConstraint(name="refund_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="refund_four_eyes",
                condition=(
                    models.Q(approved_by__isnull=True)
                    | models.Q(requested_by__isnull=True)
                    | ~models.Q(approved_by=models.F("requested_by"))
                )
                & (
                    models.Q(second_approved_by__isnull=True)
                    | (
                        ~models.Q(second_approved_by=models.F("approved_by"))
                        & (models.Q(requested_by__isnull=True) | ~models.Q(second_approved_by=models.F("requested_by")))
                    )
                ),
            ),
            models.CheckConstraint(
                name="refund_sent_was_approved",
                condition=models.Q(
                    state__in=[
                        RefundState.REQUESTED,
                        RefundState.REJECTED,
                        RefundState.WITHDRAWN,
                        RefundState.LAPSED,
                    ]
                )
                | models.Q(approved_by__isnull=False)
                | models.Q(is_automatic=True, requested_by__isnull=True),
            ),
            models.UniqueConstraint(
                name="refund_once_per_merchant_refund_no",
                fields=["receipt", "merchant_refund_no"],
                condition=~models.Q(merchant_refund_no=""),
            ),
            models.CheckConstraint(
                name="refund_sent_says_when",
                condition=~models.Q(
                    state__in=[
                        RefundState.SUBMITTED,
                        RefundState.UNKNOWN,
                        RefundState.SUCCEEDED,
                        RefundState.FAILED,
                    ]
                )
                | models.Q(first_sent_at__isnull=False),
            ),
            models.CheckConstraint(
                name="refund_end_has_proof",
                condition=~models.Q(state__in=[RefundState.SUCCEEDED, RefundState.FAILED])
                | models.Q(proof__isnull=False, ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="refund_to_decide", fields=["requested_at"], condition=models.Q(state=RefundState.REQUESTED)
            ),
            models.Index(name="refund_to_send", fields=["id"], condition=models.Q(state=RefundState.APPROVED)),
            models.Index(
                name="refund_stuck",
                fields=["id"],
                condition=models.Q(state__in=[RefundState.UNKNOWN, RefundState.FAILED]),
            ),
            models.Index(name="refund_surplus", fields=["reason", "state"], condition=models.Q(is_surplus=True)),
        ]
        triggers = [
            *edge_guard(REFUND_EDGES, RefundState.REQUESTED),
            *never_deleted(),
            pgtrigger.ReadOnly(
                name="what_was_intended",
                fields=[
                    *("refund_no", "attempt", "receipt", "amount_minor", "currency", "is_surplus", "requested_by"),
                    "merchant_refund_no",
                ],
            ),
            pgtrigger.Protect(
                name="sent_first_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    old__first_sent_at__isnull=False, old__first_sent_at__df=pgtrigger.F("new__first_sent_at")
                ),
            ),
            pgtrigger.Trigger(
                name="within_receipt",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_WITHIN_RECEIPT,
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.refund_no} {self.state}"

    @property
    def money(self) -> Money:
        """What goes back."""
        return Money(self.amount_minor, self.currency)

    @transition(source=RefundState.REQUESTED, target=RefundState.APPROVED)
    def approve(self) -> None:
        """Everybody whose approval it needs has given it."""

    @transition(source=RefundState.REQUESTED, target=RefundState.REJECTED)
    def reject(self, at: datetime) -> None:
        """Somebody decided against it."""
        self.ended_at = at

    @transition(source=[RefundState.REQUESTED, RefundState.FAILED], target=RefundState.WITHDRAWN)
    def withdraw(self, at: datetime) -> None:
        """Whoever asked no longer wants it, or it was paid back another way."""
        self.ended_at = at

    @transition(source=RefundState.REQUESTED, target=RefundState.LAPSED)
    def lapse(self, at: datetime) -> None:
        """Nobody decided in time."""
        self.ended_at = at

    @transition(source=[RefundState.APPROVED, RefundState.FAILED, RefundState.UNKNOWN], target=RefundState.SUBMITTED)
    def submit(self, at: datetime) -> None:
        """The channel is going to be asked; always with the same number and the time of the first sending."""
        self.first_sent_at = self.first_sent_at or at
        self.ended_at = None

    @transition(source=RefundState.SUBMITTED, target=RefundState.UNKNOWN)
    def lose_sight(self) -> None:
        """The last scheduled query brought no end."""

    @transition(source=[RefundState.SUBMITTED, RefundState.UNKNOWN, RefundState.FAILED], target=RefundState.SUCCEEDED)
    def succeed(self, fact: ChannelFact, at: datetime) -> None:
        """The channel returned the money."""
        self.proof = fact
        self.ended_at = at

    @transition(source=[RefundState.SUBMITTED, RefundState.UNKNOWN], target=RefundState.FAILED)
    def fail(self, fact: ChannelFact, at: datetime) -> None:
        """The channel said for certain that it does not return it."""
        self.proof = fact
        self.ended_at = at

"""Payment 支付订单: the promise to collect one amount once."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from cashier.states import PAYMENT_EDGES, PaymentState
from payhub.fsm import Stateful, edge_guard, never_deleted, state_field, transition
from payhub.merchants.models import Merchant
from payhub.money import Money


class ClosedBecause(models.TextChoices):
    """Why a payment ended, or shall end, without money."""

    EXPIRED = "EXPIRED", _("Its time was over")
    CANCELLED = "CANCELLED", _("Somebody cancelled")


class Payment(Stateful):
    """One amount to be collected once for one `merchant_order_no`. What was asked never changes (trigger)."""

    payment_no = models.CharField(max_length=24, unique=True)
    token = models.CharField(max_length=32, unique=True)  # the unguessable part of the counter's address
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="+")
    merchant_order_no = models.CharField(max_length=64)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    title = models.CharField(max_length=120)
    return_url = models.URLField(max_length=500, blank=True)
    help_url = models.URLField(max_length=500, blank=True)
    # The shopper's id at a channel (WeChat Pay's openid), for methods that must know it. Personal: shown to nobody.
    payer_id = models.CharField(max_length=128, blank=True, default="", db_default="")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    state = state_field(PaymentState, PaymentState.OPEN)
    close_wanted = models.CharField(max_length=10, choices=ClosedBecause.choices, blank=True)
    paid_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    paid_by = models.OneToOneField("cashier.Attempt", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("payment"), _("payments")
        constraints = [
            models.UniqueConstraint(name="payment_one_per_order", fields=["merchant", "merchant_order_no"]),
            models.CheckConstraint(name="payment_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="payment_paid_has_attempt",
                condition=models.Q(state=PaymentState.PAID, paid_by__isnull=False, paid_at__isnull=False)
                | (~models.Q(state=PaymentState.PAID) & models.Q(paid_by__isnull=True)),
            ),
        ]
        indexes = [
            models.Index(name="payment_to_expire", fields=["expires_at"], condition=models.Q(state=PaymentState.OPEN)),
            models.Index(name="payment_by_merchant", fields=["merchant", "-id"]),
        ]
        triggers = [
            *edge_guard(PAYMENT_EDGES, PaymentState.OPEN),
            *never_deleted(),
            pgtrigger.ReadOnly(
                name="what_was_asked",
                fields=["payment_no", "token", "merchant", "merchant_order_no", "amount_minor", "currency", "payer_id"],
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.payment_no} {self.state}"

    @property
    def money(self) -> Money:
        """What is to be collected."""
        return Money(self.amount_minor, self.currency)

    @property
    def subject(self) -> str:
        """Its name in trail, events and exceptions."""
        return f"payment:{self.payment_no}"

    @transition(source=[PaymentState.OPEN, PaymentState.CLOSED], target=PaymentState.PAID)
    def pay_by(self, attempt: models.Model, at: datetime) -> None:
        """The amount was collected by `attempt`. From CLOSED only by the late-payment policy."""
        self.paid_by_id = attempt.pk
        self.paid_at = at

    @transition(source=PaymentState.OPEN, target=PaymentState.CLOSED)
    def close(self, at: datetime) -> None:
        """No live attempt is left and the payment shall end."""
        self.closed_at = at

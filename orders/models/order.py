"""Order 商品订单: what the shopper buys."""

from __future__ import annotations

from datetime import datetime

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.states import ORDER_EDGES, OrderState
from payhub.fsm import Stateful, edge_guard, never_deleted, state_field, transition
from payhub.merchants.models import Merchant
from payhub.money import Money


class Order(Stateful):
    """Some goods for one amount. What was ordered never changes (trigger), so that what is paid is what was shown.

    `order_no` is the payment centre's `merchant_order_no`; `token` is the unguessable part of the order's address;
    `digest` is the hash of who ordered what (`orders.services.submit`).
    """

    order_no = models.CharField(max_length=24, unique=True)
    token = models.CharField(max_length=32, unique=True)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="orders")
    merchant_order_no = models.CharField(
        max_length=64, blank=True
    )  # the merchant's own number; empty: ordered in our shop
    return_url = models.CharField(max_length=500, blank=True)  # of the merchant's page; empty: our page of the order
    buyer = models.CharField(max_length=64, blank=True)  # opaque; empty: nobody we could know again
    buyer_name = models.CharField(max_length=80, blank=True)
    contact = models.CharField(max_length=80, blank=True)
    address = models.TextField(blank=True)
    title = models.CharField(max_length=120)
    items = models.JSONField()  # [{"sku", "title", "unit_minor", "quantity"}]
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    state = state_field(OrderState, OrderState.AWAITING_PAYMENT)
    payment_no = models.CharField(max_length=24, blank=True)  # of the payment that paid it
    paid_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # cancelled or expired; stays when late money was taken
    refunded_minor = models.BigIntegerField(default=0)
    ask_at = models.DateTimeField(null=True)  # when the payment centre is asked about it by itself; empty: no more

    class Meta:
        verbose_name, verbose_name_plural = _("order"), _("orders")
        constraints = [
            models.UniqueConstraint(
                name="order_once_per_merchant_order_no",
                fields=["merchant", "merchant_order_no"],
                condition=~models.Q(merchant_order_no=""),
            ),
            models.CheckConstraint(name="order_amount_positive", condition=models.Q(amount_minor__gt=0)),
            models.CheckConstraint(
                name="order_refunded_within_amount",
                condition=models.Q(refunded_minor__gte=0, refunded_minor__lte=models.F("amount_minor")),
            ),
            models.CheckConstraint(
                name="order_paid_has_payment",
                condition=models.Q(
                    state__in=[OrderState.AWAITING_PAYMENT, OrderState.CANCELLED, OrderState.EXPIRED],
                    paid_at__isnull=True,
                    payment_no="",
                )
                | (
                    ~models.Q(state__in=[OrderState.AWAITING_PAYMENT, OrderState.CANCELLED, OrderState.EXPIRED])
                    & ~models.Q(payment_no="")
                    & models.Q(paid_at__isnull=False)
                ),
            ),
        ]
        indexes = [
            models.Index(name="order_by_merchant", fields=["merchant", "-id"]),
            models.Index(name="order_by_digest", fields=["digest", "-id"]),
            models.Index(name="order_by_payment", fields=["payment_no"], condition=~models.Q(payment_no="")),
            # Who ordered for how much: what looks for purchases that may be the same one twice.
            models.Index(
                name="order_by_buyer",
                fields=["merchant", "buyer", "amount_minor", "created_at"],
                condition=~models.Q(buyer=""),
            ),
            models.Index(
                name="order_by_contact",
                fields=["merchant", "contact", "amount_minor", "created_at"],
                condition=~models.Q(contact=""),
            ),
            # The few that people look for among very many.
            models.Index(
                name="order_in_between",
                fields=["id"],
                condition=models.Q(state__in=[OrderState.AWAITING_PAYMENT, OrderState.PARTLY_REFUNDED]),
            ),
            models.Index(name="order_to_ask", fields=["ask_at", "id"], condition=models.Q(ask_at__isnull=False)),
        ]
        triggers = [
            *edge_guard(ORDER_EDGES, OrderState.AWAITING_PAYMENT),
            *never_deleted(),
            pgtrigger.ReadOnly(
                name="what_was_ordered",
                fields=[
                    *("order_no", "token", "merchant", "buyer", "items", "amount_minor", "currency", "title"),
                    *("address", "digest", "created_at", "merchant_order_no", "return_url"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.order_no} {self.state}"

    @transition(source=[OrderState.AWAITING_PAYMENT, OrderState.EXPIRED], target=OrderState.PAID)
    def pay(self, payment_no: str, at: datetime) -> None:
        """Its payment was paid. From EXPIRED only when the payment centre took late money."""
        self.payment_no = payment_no
        self.paid_at = at

    @transition(source=OrderState.AWAITING_PAYMENT, target=OrderState.CANCELLED)
    def cancel(self, at: datetime) -> None:
        """Its payment ended unpaid because somebody cancelled."""
        self.ended_at = at

    @transition(source=OrderState.AWAITING_PAYMENT, target=OrderState.EXPIRED)
    def expire(self, at: datetime) -> None:
        """Its payment ended unpaid by time."""
        self.ended_at = at

    @transition(source=OrderState.PAID, target=OrderState.FULFILLED)
    def fulfil(self, at: datetime) -> None:
        """The goods went out."""
        self.fulfilled_at = at

    @transition(source=[OrderState.PAID, OrderState.FULFILLED], target=OrderState.PARTLY_REFUNDED)
    def refund_partly(self) -> None:
        """Some of its money went back."""

    @transition(source=[OrderState.PAID, OrderState.FULFILLED, OrderState.PARTLY_REFUNDED], target=OrderState.REFUNDED)
    def refund_wholly(self) -> None:
        """All of its money went back."""

    @property
    def money(self) -> Money:
        """What it costs."""
        return Money(self.amount_minor, self.currency)

    @property
    def refunded(self) -> Money:
        """What went back of it."""
        return Money(self.refunded_minor, self.currency)

    @property
    def subject(self) -> str:
        """Its name in trail and exceptions."""
        return f"order:{self.order_no}"

"""Events and their deliveries."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.fsm import Stateful, append_only, edge_guard, never_deleted, state_field, transition
from payhub.merchants.models import Merchant


class Event(models.Model):
    """Something happened. Append-only; its id is the same in every delivery and every try."""

    event_id = models.CharField(max_length=24, unique=True)
    name = models.CharField(max_length=60)  # payment.paid, refund.succeeded, …
    subject = models.CharField(max_length=60)
    payload = models.JSONField()
    # Of the merchant that may hear of it (API, webhooks); empty: for our own apps only.
    merchant = models.ForeignKey(Merchant, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("event"), _("events")
        indexes = [
            models.Index(
                name="event_of_merchant", fields=["merchant", "-id"], condition=models.Q(merchant__isnull=False)
            ),
            models.Index(name="event_by_subject", fields=["subject", "-id"]),
        ]
        triggers = append_only()

    def __str__(self) -> str:
        return f"{self.event_id} {self.name} {self.subject}"


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    PENDING = "PENDING", _("Will be delivered")
    DONE = "DONE", _("Delivered")
    PARKED = "PARKED", _("Parked")  # given up after the last try; a person looks (exception queue)


DELIVERY_EDGES = {"PENDING": ("DONE", "PARKED"), "PARKED": ("PENDING",)}


class Delivery(Stateful):
    """One event for one consumer, with its own tries."""

    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    consumer = models.CharField(max_length=40)
    state = state_field(DeliveryState, DeliveryState.PENDING)
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField()
    last_error = models.TextField(blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("delivery"), _("deliveries")
        constraints = [models.UniqueConstraint(name="delivery_once", fields=["event", "consumer"])]
        indexes = [
            models.Index(name="delivery_due", fields=["next_at"], condition=models.Q(state="PENDING")),
            models.Index(name="delivery_parked", fields=["id"], condition=models.Q(state="PARKED")),
        ]
        triggers = [*edge_guard(DELIVERY_EDGES, DeliveryState.PENDING), *never_deleted()]

    def __str__(self) -> str:
        return f"{self.event_id} for {self.consumer}: {self.state}"

    @transition(source=DeliveryState.PENDING, target=DeliveryState.DONE)
    def finish(self) -> None:
        """The consumer has taken it."""

    @transition(source=DeliveryState.PENDING, target=DeliveryState.PARKED)
    def park(self) -> None:
        """The last try failed."""

    @transition(source=DeliveryState.PARKED, target=DeliveryState.PENDING)
    def revive(self) -> None:
        """A person wants it tried again."""

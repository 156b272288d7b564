"""WebhookEndpoint: where a merchant wants to be told."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from payhub.merchants.models import Merchant


class EventType(models.TextChoices):
    """What a merchant can be told. The names are for ever."""

    ORDER_PAID = "order.paid", _("The order is paid: send the goods")
    ORDER_CANCELLED = "order.cancelled", _("The order was cancelled unpaid")
    ORDER_EXPIRED = "order.expired", _("The order was not paid in time")
    ORDER_OVERPAID = "order.overpaid", _("More was paid than asked: it goes back")
    REFUND_SUCCEEDED = "refund.succeeded", _("Money went back")
    REFUND_FAILED = "refund.failed", _("The channel refused a refund")
    TEST = "test", _("A test event, which says nothing")


class OffBecause(models.TextChoices):
    """Why nothing is sent to an endpoint."""

    BY_HAND = "BY_HAND", _("switched off")
    FAILING = "FAILING", _("it failed for five days")
    GONE = "GONE", _("it answered 410 Gone")


class WebhookEndpoint(models.Model):
    """An address, what it hears of, and the secret that its messages are signed with."""

    endpoint_no = models.CharField(max_length=24, unique=True)
    merchant = models.ForeignKey(Merchant, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)  # empty: everything
    sealed_secrets = models.TextField()  # {"current", "previous"}
    previous_until = models.DateTimeField(null=True)  # until then messages are signed with the previous secret, too
    off_because = models.CharField(max_length=10, choices=OffBecause.choices, blank=True)
    failing_since = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("webhook endpoint"), _("webhook endpoints")
        indexes = [models.Index(name="endpoint_by_merchant", fields=["merchant", "-id"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.endpoint_no}"

    @property
    def subject(self) -> str:
        """Its name in the trail."""
        return f"webhook:{self.endpoint_no}"

    def wants(self, event_type: str) -> bool:
        """Tell whether it wants to hear of this."""
        return not self.events or event_type in self.events

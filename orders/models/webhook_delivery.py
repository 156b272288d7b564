"""WebhookDelivery and WebhookTry: one event for one endpoint, and every time that it was sent."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.webhook_endpoint import WebhookEndpoint
from payhub.outbox.models import Event


class Outcome(models.TextChoices):
    """What became of a delivery."""

    PENDING = "PENDING", _("Will be sent")
    SUCCEEDED = "SUCCEEDED", _("Received")
    FAILED = "FAILED", _("Given up")
    WILL_NOT_SEND = "WILL_NOT_SEND", _("Not sent: the endpoint is off")


class WebhookDelivery(models.Model):
    """One event for one endpoint. A log for 30 days, no money fact: it may be sent again, and is deleted in the end."""

    delivery_no = models.CharField(max_length=24, unique=True)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    outcome = models.CharField(max_length=20, choices=Outcome.choices, default=Outcome.PENDING)
    tries = models.IntegerField(default=0)  # by the schedule; by hand ones are not counted
    next_at = models.DateTimeField(null=True)  # empty: it is not sent by itself any more
    created_at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("webhook delivery"), _("webhook deliveries")
        constraints = [models.UniqueConstraint(name="webhook_delivery_once", fields=["event", "endpoint"])]
        indexes = [
            models.Index(name="webhook_due", fields=["next_at", "id"], condition=models.Q(next_at__isnull=False)),
            models.Index(name="webhook_by_endpoint", fields=["endpoint", "-id"]),
            models.Index(name="webhook_by_age", fields=["created_at"]),
            models.Index(name="webhook_given_up", fields=["created_at"], condition=models.Q(outcome="FAILED")),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.delivery_no} {self.outcome}"


class WebhookTry(models.Model):
    """One request and what was answered."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField()
    by_hand = models.BooleanField(default=False)
    took_ms = models.IntegerField()
    request_headers = models.JSONField(default=dict)
    request_body = models.TextField()
    status = models.IntegerField(null=True)  # empty: no answer
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)  # its beginning
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook try"), _("webhook tries")
        indexes = [models.Index(name="webhook_try_by_delivery", fields=["delivery", "id"])]

    def __str__(self) -> str:
        return f"#{self.pk} {self.status or self.error}"

"""What was sent to merchants' endpoints, and what was answered."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from orders.models import WebhookDelivery, WebhookTry
from payhub.read_only_admin import ReadOnlyAdmin, ReadOnlyRows


class _Tries(ReadOnlyRows):
    model = WebhookTry
    # Neither headers nor bodies: the one holds signatures, the other what the merchant's program says to itself.
    fields = ("at", "by_hand", "status", "took_ms", "error")
    show_change_link = False


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Deliveries to merchants. They are sent again from the merchant's own page."""

    list_display = ("delivery_no", "created_at", "merchant", "endpoint", "event", "outcome", "tries", "next_at")
    list_filter = ("outcome", "endpoint__merchant")
    list_select_related = ("endpoint__merchant", "event")
    search_fields = ("delivery_no__exact", "event__event_id__exact", "event__subject__exact")
    search_help_text = _("A whole number of a delivery or an event, or what the event is about (order:O…)")
    fields = ("delivery_no", "event", "endpoint", "outcome", "tries", "next_at", "created_at")
    inlines = (_Tries,)

    @admin.display(description=_("Merchant"))
    def merchant(self, delivery: WebhookDelivery) -> str:
        """Whose endpoint it is."""
        return delivery.endpoint.merchant.name

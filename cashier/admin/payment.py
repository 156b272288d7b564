"""Payments: what was to be collected, every attempt, and the whole story."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cashier.models import Attempt, Payment
from payhub.read_only_admin import ReadOnlyAdmin, ReadOnlyRows, timeline_of


class _Attempts(ReadOnlyRows):
    model = Attempt
    fields = ("attempt_no", "account", "method", "amount", "state", "surplus", "created_at", "ended_at")
    readonly_fields = ("amount",)

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("account")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments."""

    list_display = ("payment_no", "created_at", "merchant", "merchant_order_no", "amount", "state", "paid_at")
    list_filter = ("state", "merchant", "close_wanted")
    list_select_related = ("merchant",)
    search_fields = ("payment_no__exact", "merchant_order_no__exact", "attempts__attempt_no__exact")
    search_help_text = _("The whole number of a payment, a merchant's order or an attempt")
    # Neither token nor return_url: whoever knows them may act as the shopper.
    fields = (
        *("payment_no", "merchant", "merchant_order_no", "title", "amount", "state", "close_wanted"),
        *("created_at", "expires_at", "paid_at", "paid_by", "closed_at", "timeline"),
    )
    readonly_fields = fields
    inlines = (_Attempts,)

    @admin.display(description=_("What happened"))
    def timeline(self, payment: Payment) -> SafeString:
        """Everything that was done to it."""
        return timeline_of([payment.subject])

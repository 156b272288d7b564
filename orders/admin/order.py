"""Orders."""

from __future__ import annotations

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from orders.models import Order
from payhub.masking import masked, masked_name
from payhub.read_only_admin import ReadOnlyAdmin, timeline_of


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders."""

    list_display = ("order_no", "created_at", "merchant", "title", "amount", "state", "payment_no")
    list_filter = ("state", "merchant")
    list_select_related = ("merchant",)
    search_fields = ("order_no__exact", "payment_no__exact")
    search_help_text = _("The whole number of an order or of the payment that paid it")
    # Not the token: whoever knows it may act as the shopper.
    fields = (
        *("order_no", "merchant", "title", "items", "amount", "state", "payment_no", "buyer", "telephone"),
        *("where_to", "created_at", "paid_at", "fulfilled_at", "ended_at", "refunded_minor", "ask_at", "timeline"),
    )
    readonly_fields = fields

    @admin.display(description=_("Name"))
    def buyer(self, order: Order) -> str:
        """Enough of the name; all of it is shown, and written down, on the order's case."""
        return masked_name(order.buyer_name)

    @admin.display(description=_("Telephone"))
    def telephone(self, order: Order) -> str:
        """Enough of the number."""
        return masked(order.contact)

    @admin.display(description=_("Address"))
    def where_to(self, order: Order) -> str:
        """Enough of the address."""
        return masked(order.address)

    @admin.display(description=_("What happened"))
    def timeline(self, order: Order) -> SafeString:
        """Everything that was done to it, its payment included."""
        return timeline_of([order.subject, f"payment:{order.payment_no}"] if order.payment_no else [order.subject])

"""Payments: what was to be collected, every attempt, and the whole story."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from cashier.models import Attempt, Payment
from payhub import clock
from payhub.read_only_admin import ReadOnlyAdmin, ReadOnlyRows, timeline_of


class _Attempts(ReadOnlyRows):
    model = Attempt
    fields = ("attempt_no", "account", "method", "amount", "state", "surplus", "created_at", "ended_at")
    readonly_fields = ("amount",)

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("account")


class _Tried(admin.SimpleListFilter):
    title = _("tries")
    parameter_name = "tried"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("again", _("Tried more than once, paid once, 7 days"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        lately = Attempt.objects.filter(created_at__gte=clock.now() - timedelta(days=7)).order_by().values("payment")
        again = lately.annotate(tries=Count("pk"), extra=Count("pk", filter=Q(surplus=True))).filter(
            tries__gt=1, extra=0
        )
        return queryset.filter(pk__in=again.values("payment"))


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments."""

    list_display = ("payment_no", "created_at", "merchant", "merchant_order_no", "amount", "state", "paid_at")
    list_filter = ("state", _Tried, "merchant", "close_wanted")
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

"""What the channels are still to be asked about."""

from __future__ import annotations

from django.contrib import admin

from cashier.models import PendingQuery
from payhub.read_only_admin import ReadOnlyAdmin


@admin.register(PendingQuery)
class PendingQueryAdmin(ReadOnlyAdmin):
    """Pending queries, soonest first."""

    ordering = ("next_at", "pk")
    list_display = ("pk", "channel", "attempt", "refund", "next_at", "tries")
    list_filter = ("channel",)
    list_select_related = ("attempt", "refund")
    search_fields = ("attempt__attempt_no__exact", "refund__refund_no__exact")

"""Facts: what the channels said, as evidence."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cashier.models import ChannelFact
from payhub.read_only_admin import ReadOnlyAdmin


@admin.register(ChannelFact)
class ChannelFactAdmin(ReadOnlyAdmin):
    """Facts."""

    list_display = ("pk", "received_at", "account", "source", "attempt_no", "refund_no", "outcome", "amount", "verdict")
    list_filter = ("source", "outcome", "verdict", "account")
    list_select_related = ("account",)
    search_fields = ("attempt_no__exact", "refund__refund_no__exact", "channel_trade_no__exact")
    search_help_text = _("The whole number of an attempt, of a refund or of the channel")
    readonly_fields = ("amount",)

"""Channel accounts, without their secrets; they are opened and changed by `manage.py open_accounts`."""

from __future__ import annotations

from django.contrib import admin

from cashier.models import ChannelAccount
from payhub.read_only_admin import ReadOnlyAdmin


@admin.register(ChannelAccount)
class ChannelAccountAdmin(ReadOnlyAdmin):
    """Channel accounts."""

    list_display = ("code", "merchant", "channel", "is_active", "is_test", "settings_version", "created_at")
    list_filter = ("channel", "is_active", "is_test")
    list_select_related = ("merchant",)
    search_fields = ("code__icontains", "merchant__code__icontains")
    exclude = ("sealed_settings",)

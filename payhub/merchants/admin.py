"""Merchants, their policies and their people."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payhub import clock
from payhub.merchants.models import Membership, Merchant
from payhub.read_only_admin import HTTPS_UNLESS_SAID, AnyAdmin, AnyTabular
from payhub.trail.record import record


class _Members(AnyTabular):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Merchant)
class MerchantAdmin(AnyAdmin):
    """Merchants. Never deleted: orders and payments stay theirs."""

    list_display = (
        "code",
        "name",
        "is_active",
        "is_test",
        "double_payment_policy",
        "late_payment_policy",
        "created_at",
    )
    list_filter = ("is_active", "double_payment_policy", "late_payment_policy")
    search_fields = ("code", "name")
    ordering = ("code",)
    exclude = ("created_at",)
    formfield_overrides = HTTPS_UNLESS_SAID
    inlines = (_Members,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("code", "is_test")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save it, and write into the trail who changed which policies."""
        now = clock.now()
        if not change:
            obj.created_at = now
        super().save_model(request, obj, form, change)
        changed = {name: str(form.cleaned_data[name]) for name in form.changed_data}
        record(
            subject=f"merchant:{obj.code}", action="merchant.changed", actor=f"staff:{request.user}", at=now, **changed
        )

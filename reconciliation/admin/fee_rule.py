"""What the contracts let the channels keep."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from payhub import clock
from payhub.read_only_admin import AnyAdmin
from payhub.trail.record import record
from reconciliation.models import FeeRule


@admin.register(FeeRule)
class FeeRuleAdmin(AnyAdmin):
    """Fee rules; every change is told in the trail."""

    list_display = ("account_code", "rate_ppm")
    ordering = ("account_code",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Save it, and write into the trail who changed it."""
        super().save_model(request, obj, form, change)
        actor, rate = f"staff:{request.user}", obj.rate_ppm
        record(subject=f"fees:{obj.account_code}", action="fees.changed", actor=actor, at=clock.now(), rate_ppm=rate)

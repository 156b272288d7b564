"""The exception queue: what a person must look at, oldest first, and how they resolve it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from payhub import clock
from payhub.money import Money
from payhub.read_only_admin import ReadOnlyAdmin, timeline_of
from payhub.review.models import ReviewItem
from payhub.review.queue import resolve_review
from payhub.review.words import WHAT_TO_DO, action_for, runbook_for
from payhub.roles import EXCEPTION_WORKERS, has_role


class _IsOpen(admin.SimpleListFilter):
    title = _("is open")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Resolved")), ("all", _("All"))]

    def choices(self, changelist: Any) -> Any:
        rows = list(super().choices(changelist))
        rows[0]["display"] = pgettext("queue", "Open")
        return rows

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        if self.value() == "all":
            return queryset
        return queryset.filter(resolved_at__isnull=self.value() != "no")


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    """Exceptions. Only the resolution can be written, once."""

    ordering = ("opened_at", "pk")
    list_display = ("pk", "kind", "subject", "amount", "owner", "age", "what_to_do", "action")
    list_filter = (_IsOpen, "kind", "owner")
    search_fields = ("subject__exact",)
    search_help_text = _("A whole subject (order:O…, attempt:A…, refund:R…)")
    fields = (
        *(
            "kind",
            "subject",
            "reason",
            "what_to_do",
            "runbook",
            "action",
            "owner",
            "amount",
            "opened_at",
            "age",
            "timeline",
        ),
        *("resolution", "resolved_at", "resolved_by"),
    )

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        may = has_role(request.user, *EXCEPTION_WORKERS)  # a superuser reads, and closes nothing
        return may and (obj is None or getattr(obj, "resolved_at", None) is None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [name for name in self.fields if name != "resolution"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **more: Any) -> Any:  # noqa: FBT001, FBT002 - Django's
        form = super().get_form(request, obj, change, **more)
        if "resolution" in form.base_fields:
            form.base_fields["resolution"].required = True
        return form

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        """Resolve it in the name of who wrote the resolution."""
        resolve_review(item_id=obj.pk, by=request.user, resolution=obj.resolution, at=clock.now())

    @admin.display(description=_("Amount"))
    def amount(self, row: ReviewItem) -> str:
        """What is at stake."""
        return "" if row.amount_minor is None else str(Money(row.amount_minor, row.currency))

    @admin.display(description=_("Age"))
    def age(self, row: ReviewItem) -> str:
        """How long it has been, or was, open."""
        return timesince(row.opened_at, row.resolved_at or clock.now())

    @admin.display(description=_("What to do"))
    def what_to_do(self, row: ReviewItem) -> str:
        """The runbook's first lines."""
        return str(WHAT_TO_DO[row.kind])

    @admin.display(description=_("The right action"))
    def action(self, row: ReviewItem) -> str:
        """Where the one right thing is done."""
        found = action_for(row.kind, row.subject)
        return format_html('<a href="{}">{}</a>', found[1], found[0]) if found else ""

    @admin.display(description=_("Runbook"))
    def runbook(self, row: ReviewItem) -> str:
        """Where the rest of it stands."""
        return runbook_for(row.kind)

    @admin.display(description=_("What happened"))
    def timeline(self, row: ReviewItem) -> SafeString:
        """What the trail knows of its subject."""
        return timeline_of([row.subject])

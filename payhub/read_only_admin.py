"""The admin's screens of rows that only services change: to be found and read by people, never edited here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from payhub.paging import QuickPaginator
from payhub.trail.words import timeline

if TYPE_CHECKING:
    from django.contrib.admin.options import InlineModelAdmin

    AnyAdmin = admin.ModelAdmin[Any]
    AnyInline = InlineModelAdmin[Any, Any]
    AnyTabular = admin.TabularInline[Any, Any]
else:
    AnyAdmin, AnyInline, AnyTabular = admin.ModelAdmin, object, admin.TabularInline


# Django 5.2 warns until somebody says what an address without a scheme is.
HTTPS_UNLESS_SAID: dict[type[models.Field[Any, Any]], dict[str, Any]] = {models.URLField: {"assume_scheme": "https"}}


MOST_FOUND = 1_000  # rows that one number finds by one field


class _NobodyChanges:
    """Refuses to add, change and delete, superusers included."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class ReadOnlyAdmin(_NobodyChanges, AnyAdmin):
    """A list that stays quick however many rows there are, and a page that shows one row."""

    ordering: ClassVar[tuple[str, ...]] = ("-pk",)
    formfield_overrides = HTTPS_UNLESS_SAID
    list_per_page = 50
    show_full_result_count = False
    paginator = QuickPaginator
    sortable_by: ClassVar[tuple[str, ...]] = ()  # another order than the index's would sort every row there is

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """Find rows by a whole number: one look into each field's own index. All fields in one OR would read every row."""
        term = search_term.strip()
        if not term:
            return queryset, False
        rows = self.get_queryset(request).order_by("-pk")
        found = [rows.filter(**{field: term}).values_list("pk", flat=True)[:MOST_FOUND] for field in self.search_fields]
        return queryset.filter(pk__in={pk for some in found for pk in some}), False

    @admin.display(description=_("Amount"))
    def amount(self, row: Any) -> str:
        """The row's amount for people."""
        return str(row.money or "")


class ReadOnlyRows(_NobodyChanges, AnyTabular):
    """The rows that belong to the one shown, each with a link to its own page."""

    extra = 0
    max_num = 0
    can_delete = False
    show_change_link = True
    ordering = ("pk",)

    @admin.display(description=_("Amount"))
    def amount(self, row: Any) -> str:
        """The row's amount for people."""
        return str(row.money or "")


def timeline_of(subjects: Iterable[str]) -> SafeString:
    """Return what the trail knows of the subjects, as a list."""
    lines = (
        (f"{localtime(line.at):%Y-%m-%d %H:%M:%S}", line.what, line.actor, line.detail) for line in timeline(subjects)
    )
    return format_html("<ol>{}</ol>", format_html_join("", "<li>{} <strong>{}</strong> ({}) {}</li>", lines))

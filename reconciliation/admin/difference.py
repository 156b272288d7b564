"""Differences: the list, and the page with both sides and the decision."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from payhub import clock
from payhub.money import Money
from payhub.read_only_admin import ReadOnlyAdmin
from payhub.safe_csv import csv_answer
from payhub.see_other import SeeOther
from reconciliation.admin.acting import answered, person_who
from reconciliation.models import Difference
from reconciliation.sentences import in_words
from reconciliation.services.resolve import approve, can_book, decide, needs_second, reject
from reconciliation.states import UNFINISHED, BillState, Bucket, Decision, DifferenceState
from reconciliation.words import SUGGESTIONS

MAY_DECIDE = "reconciliation.change_difference"
MOST_ROWS = 100_000  # in one CSV file


class _IsLeft(admin.SimpleListFilter):
    title = _("to be decided")
    parameter_name = "left"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Still to decide")), ("no", _("Over"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() is None:
            return queryset
        left = queryset.filter(state__in=UNFINISHED)
        return left if self.value() == "yes" else queryset.exclude(state__in=UNFINISHED)


@admin.register(Difference)
class DifferenceAdmin(ReadOnlyAdmin):
    """Differences between our books and the channels'."""

    change_list_template = "admin/reconciliation/differences.html"
    list_display = ("__str__", "bill", "bucket", "state", "at_the_channel", "here", "owner", "age")
    list_filter = (_IsLeft, "bucket", "state", "owner", "bill__channel", "bill__day_date")
    list_select_related = ("bill",)
    search_fields = ("attempt_no__exact", "refund_no__exact", "channel_trade_no__exact", "bill__account_code__exact")
    search_help_text = _("The whole number of an attempt or a refund, the channel's number, or an account")

    def get_urls(self) -> list[URLPattern]:
        """Add the posts and the CSV file."""
        own = [
            path("csv/", self.admin_site.admin_view(self.csv_view), name="reconciliation_difference_csv"),
            path("<int:difference_id>/decide/", self._post(self.decide_view), name="reconciliation_difference_decide"),
            path("<int:difference_id>/second/", self._post(self.second_view), name="reconciliation_difference_second"),
        ]
        return [*own, *super().get_urls()]

    def _post(self, view: Any) -> Any:
        return self.admin_site.admin_view(require_POST(view))

    @admin.display(description=_("At the channel"))
    def at_the_channel(self, row: Difference) -> str:
        """The line's amount."""
        return _money(row.line_minor, row.line_currency)

    @admin.display(description=_("Here"))
    def here(self, row: Difference) -> str:
        """Our amount."""
        return _money(row.local_minor, row.local_currency)

    @admin.display(description=_("Age"))
    def age(self, row: Difference) -> timedelta:
        """How long it has been, or was, open."""
        return timedelta(seconds=int(((row.ended_at or clock.now()) - row.found_at).total_seconds()))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show both sides, what it usually is, and the decision."""
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row):
            raise Http404
        is_open = row.bill.state != BillState.CLOSED
        may_decide = request.user.has_perm(MAY_DECIDE)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{row.get_bucket_display()} · {row.bill}",
            "row": row,
            "compared": _compared(row),
            "suggestion": SUGGESTIONS.get(Bucket(row.bucket), ""),
            "age": self.age(row),
            "can_decide": is_open and may_decide and row.state == DifferenceState.OPEN,
            "can_second": is_open and may_decide and row.state == DifferenceState.PROPOSED,
            "is_mine": row.resolved_by_id == request.user.pk,
            "can_book": can_book(row),
            "needs_second": needs_second(row),
            "decisions": Decision,
        }
        return TemplateResponse(request, "admin/reconciliation/difference.html", context)

    def decide_view(self, request: HttpRequest, difference_id: int) -> HttpResponse:
        """Resolve it, or propose how."""
        person = person_who(request, MAY_DECIDE)
        decision = request.POST.get("decision", "")
        if decision not in Decision.values:
            raise Http404
        reason = request.POST.get("reason", "")
        with answered(request, gettext("Your decision is written down.")):
            decide(
                difference_id=difference_id,
                decision=Decision(decision),
                reason=reason,
                person=person,
                now=clock.now(),
            )
        return SeeOther(page_of(difference_id))

    def second_view(self, request: HttpRequest, difference_id: int) -> HttpResponse:
        """Agree with a colleague's decision, or not."""
        person = person_who(request, MAY_DECIDE)
        agrees = request.POST.get("answer") == "agree"
        said = gettext("You agreed: it is resolved.") if agrees else gettext("It is open again.")
        with answered(request, said):
            (approve if agrees else reject)(difference_id=difference_id, person=person, now=clock.now())
        return SeeOther(page_of(difference_id))

    def csv_view(self, request: HttpRequest) -> StreamingHttpResponse:
        """Give the list, as it is filtered, as CSV."""
        if not self.has_view_permission(request):
            raise Http404
        rows = self.get_changelist_instance(request).get_queryset(request)[:MOST_ROWS]
        return csv_answer("differences.csv", _HEADER, map(_cells, rows.iterator(chunk_size=2000)))


_HEADER = [
    "id", "account", "day", "kind", "bucket", "state", "attempt_no", "refund_no", "channel_trade_no", "row",
    "channel_amount", "channel_currency", "our_amount", "our_currency", "owner", "found_at", "decision", "reason",
]  # fmt: skip


def _cells(row: Difference) -> list[object]:
    return [
        row.pk, row.bill.account_code, row.bill.day_date, row.kind, row.bucket, row.state, row.attempt_no,
        row.refund_no, row.channel_trade_no, row.row, _plain(row.line_minor, row.line_currency), row.line_currency,
        _plain(row.local_minor, row.local_currency), row.local_currency, row.owner, row.found_at.isoformat(),
        row.decision, row.reason,
    ]  # fmt: skip


def _plain(minor: int | None, currency: str) -> str:
    return Money(minor, currency).to_major() if minor is not None and currency else ""


def _money(minor: int | None, currency: str) -> str:
    return str(Money(minor, currency)) if minor is not None and currency else "–"


def _time(at: datetime | None) -> str:
    return f"{localtime(at):%Y-%m-%d %H:%M:%S}" if at else "–"


def _compared(row: Difference) -> list[tuple[str, object, object, bool]]:
    """Both sides, line by line: name, the channel's, ours, and whether they differ."""
    theirs, ours = row.row is not None, row.local_minor is not None
    amount = (_money(row.line_minor, row.line_currency), _money(row.local_minor, row.local_currency))
    return [
        (gettext("Amount"), *amount, amount[0] != amount[1]),
        (gettext("Fee"), _money(row.line_fee_minor, row.line_currency), "–", row.bucket == Bucket.FEE),
        (gettext("Time"), _time(row.line_at), _time(row.local_at), row.bucket == Bucket.OTHER_DAY),
        (gettext("State"), in_words(row.line_state) or "–", row.local_state or "–", row.bucket == Bucket.STATE),
        (
            gettext("Where it stands"),
            gettext("row %(row)s of the bill") % {"row": row.row} if theirs else gettext("not in the bill"),
            gettext("fact %(id)s") % {"id": row.fact_id} if ours else gettext("not in our books"),
            theirs != ours,
        ),
    ]


def page_of(difference_id: int) -> str:
    """Return the address of a difference's page."""
    return reverse("admin:reconciliation_difference_change", args=[difference_id])

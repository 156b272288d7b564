"""Bills: a strip of days, what differed lately, and the page of a day's run."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from payhub import clock
from payhub.read_only_admin import ReadOnlyAdmin
from payhub.see_other import SeeOther
from payhub.trail.words import timeline
from reconciliation.admin.acting import answered, person_who
from reconciliation.admin.upload_form import UploadForm
from reconciliation.models import Bill, Difference
from reconciliation.overview import chart, strips
from reconciliation.selectors import sides
from reconciliation.sentences import in_words
from reconciliation.services.run import cancel, want
from reconciliation.services.settle import needs_confirmation
from reconciliation.services.upload import confirm, upload
from reconciliation.standing import Standing, progress_of
from reconciliation.states import UNFINISHED, BillState, DifferenceState

MAY_RUN = "reconciliation.change_bill"
SHOWN = 20  # differences on the page of a day; the list has all


@admin.register(Bill)
class BillAdmin(ReadOnlyAdmin):
    """Bills, one a day and account."""

    change_list_template = "admin/reconciliation/bills.html"
    ordering = ("-day_date", "account_code")
    list_display = ("__str__", "channel", "state", "lines", "unreadable", "problem", "closed_at")
    list_filter = ("state", "channel", "day_date")
    search_fields = ("account_code__exact",)

    def get_urls(self) -> list[URLPattern]:
        """Add the posts and the form of a file by hand."""
        own = [
            path("upload/", self.admin_site.admin_view(self.upload_view), name="reconciliation_bill_upload"),
            path("<int:bill_id>/run/", self._post(self.run_view), name="reconciliation_bill_run"),
            path("<int:bill_id>/cancel/", self._post(self.cancel_view), name="reconciliation_bill_cancel"),
            path("<int:bill_id>/confirm/", self._post(self.confirm_view), name="reconciliation_bill_confirm"),
        ]
        return [*own, *super().get_urls()]

    def _post(self, view: Any) -> Any:
        return self.admin_site.admin_view(require_POST(view))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the days at a glance above the list."""
        today = timezone.localdate(clock.now())
        more = {"strips": strips(today), "chart": chart(today), "may_run": request.user.has_perm(MAY_RUN)}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show a day's run: its steps, both sides, what differs, and what can be done."""
        bill = self.get_object(request, object_id)
        if bill is None or not self.has_view_permission(request, bill):
            raise Http404
        progress = progress_of(bill, clock.now())
        open_ones = Difference.objects.filter(bill=bill).exclude(state=DifferenceState.AGREES)
        is_closed = bill.state == BillState.CLOSED
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(bill),
            "bill": bill,
            "problem": in_words(bill.problem),
            "progress": progress,
            "sides": sides(bill),
            "differences": open_ones.order_by("state", "id")[:SHOWN],
            "left": open_ones.filter(state__in=UNFINISHED).count(),
            "timeline": timeline([bill.subject]),
            "may_run": request.user.has_perm(MAY_RUN),
            "can_run": not is_closed and progress.standing != Standing.MOVING,
            "can_cancel": progress.moves,
            "to_confirm": "" if is_closed or not bill.is_loaded else in_words(needs_confirmation(bill)),
        }
        return TemplateResponse(request, "admin/reconciliation/bill.html", context)

    def run_view(self, request: HttpRequest, bill_id: int) -> HttpResponse:
        """Let the workers take a day up, or go on with it."""
        person = person_who(request, MAY_RUN)
        with answered(request, gettext("The day is run. This page shows how far it is.")):
            want(bill_id, actor=f"staff:{person}", now=clock.now())
        return SeeOther(page_of(bill_id))

    def cancel_view(self, request: HttpRequest, bill_id: int) -> HttpResponse:
        """Let a run stop."""
        person = person_who(request, MAY_RUN)
        with answered(request, gettext("The run stops at its next step. Nothing is lost: it goes on when you resume.")):
            cancel(bill_id, actor=f"staff:{person}", now=clock.now())
        return SeeOther(page_of(bill_id))

    def confirm_view(self, request: HttpRequest, bill_id: int) -> HttpResponse:
        """Say, as another person, that a file is the channel's."""
        person = person_who(request, MAY_RUN)
        with answered(request, gettext("The file is confirmed. What it says of money is settled now.")):
            confirm(bill_id=bill_id, person=person, now=clock.now())
        return SeeOther(page_of(bill_id))

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        """Take a bill's file from a person."""
        person = person_who(request, MAY_RUN)
        form = UploadForm(request.POST or None, request.FILES or None, initial=request.GET.dict())
        if request.method == "POST" and form.is_valid():
            bill = form.keep(lambda **given: upload(**given, person=person, now=clock.now()))
            if bill is not None:
                messages.success(request, _taken(bill))
                return SeeOther(page_of(bill.pk))
        context = {**self.admin_site.each_context(request), "opts": self.opts, "form": form}
        context["title"] = gettext("Upload a bill")
        return TemplateResponse(request, "admin/reconciliation/upload.html", context)


def _taken(bill: Bill) -> str:
    name = bill.file.name if bill.file else ""
    return gettext("%(name)s is taken as the bill of %(bill)s.") % {"name": name, "bill": bill}


def page_of(bill_id: int) -> str:
    """Return the address of a day's page."""
    return reverse("admin:reconciliation_bill_change", args=[bill_id])

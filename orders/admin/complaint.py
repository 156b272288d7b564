"""The desk: the queue of cases, the page of one, and everything that can be done with it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from cashier.public import CashierError, find_order_no
from orders.admin.case_page import all_subjects, case_context, read
from orders.admin.complaint_acts import ACTS
from orders.admin.open_case import ADDED, OPEN, OPENED, OpenForm, open_case
from orders.errors import OrdersError
from orders.models import Complaint, ComplaintFile, Order
from orders.services.complaints.export import export
from orders.services.complaints.reveal import reveal
from orders.services.complaints.words import previews
from orders.states import ComplaintState
from payhub import clock
from payhub.act_pages import ActAdmin
from payhub.masking import masked
from payhub.money import Money
from payhub.read_only_admin import MOST_FOUND
from payhub.roles import CASE_WORKERS, NotYourRole, Role, has_role
from payhub.see_other import SeeOther


class _Queue(admin.SimpleListFilter):
    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("mine", _("Mine")),
            ("free", _("Nobody's")),
            ("overdue", _("Overdue")),
            ("waiting", _("Waiting for others")),
            ("duplicates", _("Paid twice for certain")),
            ("refunding", _("Refund on its way")),
            ("all", _("All, ended too")),
        ]

    def choices(self, changelist: Any) -> Any:
        rows = list(super().choices(changelist))
        rows[0]["display"] = pgettext("queue", "Open")
        return rows

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = {
            "mine": Q(owner_id=request.user.pk),
            "free": Q(owner__isnull=True),
            "overdue": Q(due_at__lt=clock.now()),
            "waiting": Q(state=ComplaintState.WAITING),
            "duplicates": Q(kind="DUPLICATE", source="SYSTEM"),
            "refunding": Q(state=ComplaintState.REFUNDING),
        }.get(self.value() or "", Q())
        return queryset.filter(chosen) if self.value() == "all" else queryset.filter(chosen, ended_at__isnull=True)


AGES = ((0, 1, _("under 1 day")), (1, 3, _("1–3 days")), (3, 7, _("3–7 days")), (7, 36_500, _("over 7 days")))


class _Age(admin.SimpleListFilter):
    title = _("age")
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(place), words) for place, (_from, _to, words) in enumerate(AGES)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        return queryset.filter(_of_age(int(value))) if value in {"0", "1", "2", "3"} else queryset


def _of_age(place: int) -> Q:
    younger, older, _words = AGES[place]
    now = clock.now()
    return Q(created_at__lte=now - timedelta(days=younger), created_at__gt=now - timedelta(days=older))


@admin.register(Complaint)
class ComplaintAdmin(ActAdmin):
    """Cases."""

    acts = ACTS
    refusals = (NotYourRole, OrdersError, CashierError)
    ordering = ("due_at", "pk")
    list_per_page = 25
    list_display = ("complaint_no", "kind", "merchant", "buyer", "amount", "due", "owner", "state")
    list_filter = (_Queue, _Age, "kind", "state", "merchant")
    list_select_related = ("merchant", "owner", "order")
    search_fields = ("complaint_no__exact",)
    search_help_text = _(
        "A whole number of a case, order, payment, attempt or refund, the channel's number, an amount (128.00), or the last four of a telephone"
    )
    change_form_template = "admin/orders/complaint/case.html"
    change_list_template = "admin/orders/complaint/queue.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what every screen of a case needs."""
        return super().get_queryset(request).select_related("merchant", "owner", "order__merchant", "decided_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find cases by whatever number somebody has in front of them."""
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) == 4 and term.isdecimal():  # among open cases only, so that no million of orders is read
            return queryset.filter(ended_at__isnull=True, order__contact__endswith=term), False
        # One look into each index; joined by OR they would read every case.
        looks = [
            Q(complaint_no=term.upper()),
            Q(order__in=Order.objects.filter(order_no=find_order_no(term) or term.upper())),
        ]
        with suppress(ValueError):
            looks.append(Q(amount_minor=Money.from_major(term, "CNY").minor))
        found = [
            Complaint.objects.filter(look).order_by("-pk").values_list("pk", flat=True)[:MOST_FOUND] for look in looks
        ]
        return queryset.filter(pk__in={pk for some in found for pk in some}), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the queue below the ages of what is open."""
        more = {"ages": ages(), "may_work": has_role(_person(request), *CASE_WORKERS)}
        return super().changelist_view(request, {**(extra_context or {}), **more})

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show one case. Whatever is posted here is refused: each act has its own page."""
        if request.method != "GET":
            raise PermissionDenied
        return self._page(request, self._case(request, object_id), revealed=False)

    def get_urls(self) -> list[URLPattern]:
        """Put the case's own pages before the stock ones."""
        view, name = self.admin_site.admin_view, "orders_complaint"
        return [
            path("open/", view(self.open_page), name=f"{name}_open"),
            path("<int:pk>/reveal/", view(self.reveal_page), name=f"{name}_reveal"),
            path("<int:pk>/export/", view(self.export_file), name=f"{name}_export"),
            path("<int:pk>/files/<int:file_id>/", view(self.file), name=f"{name}_file"),
            *super().get_urls(),
        ]

    def open_page(self, request: HttpRequest) -> HttpResponse:
        """Ask about which order and why (GET), open its case or show the one there is (POST)."""
        person = _person(request)
        if not has_role(person, *CASE_WORKERS):
            raise PermissionDenied
        form = OpenForm(
            request.POST or None, row=None, person=person, initial={"number": request.GET.get("number", "")}
        )
        if request.method == "POST" and form.is_valid():
            reported = open_case(person, form.cleaned_data, clock.now())
            messages.success(request, str(OPENED if reported.is_new else ADDED))
            return SeeOther(self.page_of(reported.complaint))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": OPEN["label"],
            "original": gettext("Cases"),
            "act": OPEN,
            "form": form,
            "back": reverse("admin:orders_complaint_changelist"),
        }
        return TemplateResponse(request, "admin/act.html", context, status=400 if form.errors else 200)

    def act_context(self, row: Any) -> dict[str, Any]:
        """Show what the shopper will read of each decision."""
        return {"previews": previews()}

    @method_decorator([require_POST, never_cache])
    def reveal_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the case with the buyer's data, after writing down who looks."""
        case = self._case(request, str(pk))
        try:
            reveal(complaint_id=case.pk, person=_person(request), now=clock.now())
        except NotYourRole:
            raise PermissionDenied from None
        return self._page(request, case, revealed=True)

    @method_decorator(require_POST)
    def export_file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the whole case as one archive, after writing down who took it."""
        case = self._case(request, str(pk))
        payment, evidence = read(case)
        subjects = all_subjects(case, payment)
        try:
            archive = export(
                complaint=case, evidence=evidence, subjects=subjects, person=_person(request), now=clock.now()
            )
        except NotYourRole:
            raise PermissionDenied from None
        response = HttpResponse(archive, content_type="application/zip")
        response["Content-Disposition"] = f'attachment; filename="{case.complaint_no}.zip"'
        return response

    def file(self, request: HttpRequest, pk: int, file_id: int) -> HttpResponse:
        """Give one file of the case, to be saved and not shown."""
        found = ComplaintFile.objects.filter(complaint=self._case(request, str(pk)), pk=file_id).first()
        if found is None:
            raise Http404
        response = HttpResponse(bytes(found.content), content_type=found.media_type)
        ending = found.name[found.name.rindex(".") :]
        response["Content-Disposition"] = f'attachment; filename="{found.pk}{ending}"'
        return response

    def _page(self, request: HttpRequest, case: Complaint, *, revealed: bool) -> HttpResponse:
        person = _person(request)
        context = {
            **self.admin_site.each_context(request),
            **case_context(case, show=request.GET.get("show", ""), revealed=revealed),
            "opts": self.opts,
            "title": f"{gettext('Case')} {case.complaint_no}",
            "acts": list(self.acts_for(case, person)),
            "may_work": has_role(person, *CASE_WORKERS),
            "may_export": has_role(person, *CASE_WORKERS, Role.AUDITOR),
            "queue": reverse("admin:orders_complaint_changelist"),
        }
        return TemplateResponse(request, self.change_form_template or "", context)

    def _case(self, request: HttpRequest, pk: str) -> Complaint:
        case: Complaint | None = self.get_queryset(request).filter(pk=pk).first() if pk.isdecimal() else None
        if case is None:
            raise Http404
        if not self.has_view_permission(request, case):
            raise PermissionDenied
        return case

    @admin.display(description=_("Buyer"))
    def buyer(self, case: Complaint) -> str:
        """Enough of the buyer to know them again."""
        return masked(case.order.contact or case.order.buyer)

    @admin.display(description=_("Due"))
    def due(self, case: Complaint) -> str:
        """When it has to be answered, in words."""
        return due_words(case)


def _person(request: HttpRequest) -> Any:
    return request.user


def due_words(case: Complaint) -> str:
    """Return how much time is left, or how late it is."""
    if not case.is_open:
        return ""
    left = case.due_at - clock.now()
    hours = int(abs(left).total_seconds() // 3600)
    much = gettext("%(days)d d") % {"days": hours // 24} if hours >= 48 else gettext("%(hours)d h") % {"hours": hours}
    return (gettext("in %(much)s") if left > timedelta() else gettext("overdue %(much)s")) % {"much": much}


def ages() -> list[tuple[int, Any, int]]:
    """Return how many open cases there are by age: one pass over the open ones."""
    counts = {f"age_{place}": Count("pk", filter=_of_age(place)) for place in range(len(AGES))}
    counted = Complaint.objects.filter(ended_at__isnull=True).aggregate(**counts)
    return [(place, words, counted[f"age_{place}"]) for place, (_from, _to, words) in enumerate(AGES)]

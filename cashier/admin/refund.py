"""Refunds: who asked, who approved, what became of them; and the pages on which they are decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cashier.admin.refund_acts import ACTS
from cashier.errors import CashierError
from cashier.models import Refund
from cashier.services.evidence import evidence_of
from cashier.states import RefundState
from payhub import clock
from payhub.act_pages import ActAdmin
from payhub.roles import REFUND_APPROVERS, NotYourRole, has_role
from payhub.trail.words import timeline

EARLIER_DAYS = 90


class _Queue(admin.SimpleListFilter):
    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("awaiting", _("Awaiting my approval")), ("stuck", _("Not confirmed or refused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        me = request.user
        if self.value() == "awaiting":
            if not has_role(me, *REFUND_APPROVERS):
                return queryset.none()
            mine = Q(requested_by_id=me.pk) | Q(approved_by_id=me.pk)
            return queryset.filter(state=RefundState.REQUESTED).exclude(mine)
        if self.value() == "stuck":
            return queryset.filter(state__in=[RefundState.UNKNOWN, RefundState.FAILED])
        return queryset


@admin.register(Refund)
class RefundAdmin(ActAdmin):
    """Refunds."""

    acts = ACTS
    refusals = (NotYourRole, CashierError)
    list_display = ("refund_no", "requested_at", "attempt_no", "amount", "reason", "is_surplus", "state", "ended_at")
    list_filter = (_Queue, "state", "reason", "is_surplus", "is_automatic")
    list_select_related = ("attempt",)
    search_fields = ("refund_no__exact", "attempt__attempt_no__exact", "attempt__payment__payment_no__exact")
    search_help_text = _("The whole number of a refund, an attempt or a payment")
    change_form_template = "admin/cashier/refund/decide.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Read what every screen of a refund needs."""
        people = ("requested_by", "approved_by", "second_approved_by")
        return super().get_queryset(request).select_related("attempt__account", "attempt__payment__merchant", *people)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show everything that is needed to decide on one page. Whatever is posted here is refused."""
        refund = self.get_queryset(request).filter(pk=object_id).first() if object_id.isdecimal() else None
        if refund is None:
            raise Http404
        if request.method != "GET" or not self.has_view_permission(request, refund):
            raise PermissionDenied
        person: Any = request.user
        payment = refund.attempt.payment
        context = {
            **self.admin_site.each_context(request),
            **self.act_context(refund),
            "opts": self.opts,
            "title": _("Refund %(number)s") % {"number": refund.refund_no},
            "acts": list(self.acts_for(refund, person)),
            "facts": refund.facts.select_related("account").order_by("id"),
            "timeline": timeline([payment.subject]),
            "queue": reverse("admin:cashier_refund_changelist"),
        }
        return TemplateResponse(request, self.change_form_template or "", context)

    def act_context(self, row: Any) -> dict[str, Any]:
        """Return what is needed to decide: the payment, its attempts and money, and earlier refunds."""
        payment = row.attempt.payment
        since = clock.now() - timedelta(days=EARLIER_DAYS)
        earlier = Refund.objects.filter(attempt__payment=payment, requested_at__gte=since).exclude(pk=row.pk)
        return {
            "refund": row,
            "payment": payment,
            "evidence": evidence_of(payment),
            "earlier": earlier.select_related("attempt").order_by("-id"),
            "needs_two": row.amount_minor > payment.merchant.second_approver_above_minor,
            "panel": "admin/cashier/refund/panel.html",
        }

    @admin.display(description=_("Attempt no."))
    def attempt_no(self, refund: Refund) -> str:
        """The attempt whose money it returns."""
        return refund.attempt.attempt_no

"""Complaints: cases about money, what the shop says about them, and raising one."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from orders.api.base import OnceView
from orders.models import Complaint
from orders.models.complaint import ComplaintKind, ComplaintSource, Decision
from orders.selectors import complaint_of_merchant, complaints_of_merchant, order_of_merchant
from orders.services.complaints.report import report_by_merchant
from orders.services.complaints.statements import give_as_shop
from orders.states import ComplaintState
from payhub import clock
from payhub.api.documented import lists, reads, writes
from payhub.api.fields import Moment, Number, Words, lower
from payhub.api.pages import PageAsked, PageShown, page
from payhub.api.view import ApiView, Said


class NewComplaint(Said):
    """What went wrong with an order's money."""

    order_no = Number()
    kind = serializers.ChoiceField(choices=lower(ComplaintKind.values))
    text = Words(max_length=4000, help_text="What happened. The shopper can read it, too.")


class NewStatement(Said):
    """What the shop says."""

    text = Words(max_length=8000, help_text="Given once; only payhub reads it.")


class ComplaintsAsked(PageAsked):
    """Which complaints."""

    order_no = Number(required=False, default="")
    state = serializers.ChoiceField(choices=lower(ComplaintState.values), required=False, default="")


class ShopStatementShown(serializers.Serializer[Any]):
    """A statement that the shop was asked for."""

    asked_at = Moment(source="requested_at")
    due_at = Moment(help_text="After that it is decided without.")
    given_at = Moment(allow_null=True)
    text = serializers.CharField()


class ComplaintShown(serializers.Serializer[Any]):
    """A case about an order's money."""

    complaint_no = serializers.CharField()
    order_no = serializers.CharField(source="order.order_no")
    merchant_order_no = serializers.CharField(source="order.merchant_order_no")
    kind = serializers.ChoiceField(choices=lower(ComplaintKind.values))
    source = serializers.ChoiceField(  # type: ignore[assignment]  # DRF takes fields off the class
        choices=lower(ComplaintSource.values), help_text="Who raised it."
    )
    state = serializers.ChoiceField(
        choices=lower(ComplaintState.values), help_text="`waiting`: somebody was asked for a statement."
    )
    amount_minor = serializers.IntegerField(help_text="At stake.")
    currency = serializers.CharField()
    decision = serializers.ChoiceField(choices=["", *lower(Decision.values)])
    created_at = Moment()
    due_at = Moment(help_text="When the shopper was promised an answer.")
    decided_at = Moment(allow_null=True)
    ended_at = Moment(allow_null=True)
    statements = ShopStatementShown(many=True, source="asked_of_shop", help_text="What the shop was asked to say.")

    def to_representation(self, instance: Complaint) -> dict[str, Any]:
        """Return the case with its words as the API says them."""
        shown = super().to_representation(instance)
        return {**shown, **{name: shown[name].lower() for name in ("kind", "source", "state", "decision")}}


class ComplaintPage(PageShown):
    """Some complaints."""

    data = ComplaintShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class Complaints(OnceView):
    """All complaints about the merchant's orders."""

    @writes("create_complaint", NewComplaint, ComplaintShown, status=201, refusals=(404,))
    def post(self, request: Request) -> HttpResponse:
        """Raise a case about an order. An order has one open case: what is said of it again is added to that one."""
        said = self.said(NewComplaint)
        order = order_of_merchant(self.merchant.pk, order_no=said["order_no"])

        def act() -> tuple[int, ComplaintShown]:
            who = self.actor.partition(":")[2]
            kind = ComplaintKind(said["kind"].upper())
            told = report_by_merchant(order=order, kind=kind, text=said["text"], who=who, now=clock.now())
            return 201, self._show(told.complaint.complaint_no)

        return self.once(act)

    def _show(self, complaint_no: str) -> ComplaintShown:
        return ComplaintShown(complaint_of_merchant(self.merchant.pk, complaint_no))

    @lists("list_complaints", ComplaintsAsked, ComplaintPage)
    def get(self, request: Request) -> Response:
        """List complaints, newest first."""
        asked = self.asked(ComplaintsAsked)
        found = complaints_of_merchant(
            self.merchant.pk, order_no=asked["order_no"], state=asked["state"].upper(), before=asked["after"]
        )[: asked["limit"] + 1]
        return Response(ComplaintPage(page(list(found), asked["limit"], list, lambda case: case.complaint_no)).data)


class OneComplaint(ApiView):
    """One complaint."""

    @reads("get_complaint", ComplaintShown)
    def get(self, request: Request, complaint_no: str) -> Response:
        """Return a complaint."""
        return Response(ComplaintShown(complaint_of_merchant(self.merchant.pk, complaint_no)).data)


class ShopStatement(OnceView):
    """What the shop says about a complaint."""

    @writes("give_statement", NewStatement, ComplaintShown, refusals=(404,))
    def post(self, request: Request, complaint_no: str) -> HttpResponse:
        """Give the statement that the shop was asked for (`statements`, `given_at` null). It cannot be changed later."""
        complaint_of_merchant(self.merchant.pk, complaint_no)
        text = self.said(NewStatement)["text"]

        def act() -> tuple[int, ComplaintShown]:
            of = self.merchant.pk
            give_as_shop(merchant_id=of, complaint_no=complaint_no, text=text, actor=self.actor, now=clock.now())
            return 200, ComplaintShown(complaint_of_merchant(of, complaint_no))

        return self.once(act)

"""Refunds: ask for one, look at it, list them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from cashier.public import MERCHANT_REASONS, RefundReason, RefundState, find_refund, list_refunds, request_refund
from orders.api.base import OnceView
from orders.api.shown import RefundPage, RefundShown
from orders.models import Order, Scope
from orders.selectors import order_of_merchant
from orders.services.say import show_refunds
from payhub import clock
from payhub.api.documented import lists, reads, writes
from payhub.api.fields import Amount, Currency, Number, Text, lower
from payhub.api.pages import PageAsked, page
from payhub.api.view import ApiView, Said
from payhub.money import Money


class NewRefund(Said):
    """What is to go back."""

    order_no = Number()
    merchant_refund_no = Number(help_text="Your own number. The same number of an order again is the same refund.")
    amount_minor = Amount()
    currency = Currency()
    reason = serializers.ChoiceField(choices=lower(MERCHANT_REASONS), default=RefundReason.OTHER.lower())
    note = Text(max_length=500, required=False, default="", allow_blank=True)


class RefundsAsked(PageAsked):
    """Which refunds."""

    order_no = Number(required=False, default="")
    state = serializers.ChoiceField(choices=lower(RefundState.values), required=False)


class Refunds(OnceView):
    """All refunds of the merchant."""

    writes_with: ClassVar[str] = Scope.REFUND

    @writes("create_refund", NewRefund, RefundShown, status=201, refusals=(404, 409, 422))
    def post(self, request: Request) -> HttpResponse:
        """Ask for a refund. `requested`: payhub's finance decides; `approved`: it is being sent."""
        said = self.said(NewRefund)
        order = order_of_merchant(self.merchant.pk, order_no=said["order_no"])
        return self.once(lambda: (201, self._ask(order, said)))

    def _ask(self, order: Order, said: dict[str, Any]) -> RefundShown:
        refund = request_refund(
            merchant_id=self.merchant.pk,
            merchant_order_no=order.order_no,
            merchant_refund_no=said["merchant_refund_no"],
            money=Money(said["amount_minor"], said["currency"]),
            reason=said["reason"].upper(),
            note=said["note"],
            actor=self.actor,
            now=clock.now(),
        )
        return RefundShown(show_refunds([refund])[0])

    @lists("list_refunds", RefundsAsked, RefundPage)
    def get(self, request: Request) -> Response:
        """List refunds, newest first; surplus that payhub returns by itself among them."""
        asked = self.asked(RefundsAsked)
        found = list_refunds(
            merchant_id=self.merchant.pk,
            merchant_order_no=asked["order_no"],
            state=asked.get("state", "").upper(),
            before=asked["after"],
            limit=asked["limit"] + 1,
        )
        shown: dict[str, Any] = page(found, asked["limit"], show_refunds, lambda refund: refund.refund_no)
        return Response(RefundPage(shown).data)


class OneRefund(ApiView):
    """One refund."""

    @reads("get_refund", RefundShown)
    def get(self, request: Request, refund_no: str) -> Response:
        """Return a refund."""
        return Response(
            RefundShown(show_refunds([find_refund(merchant_id=self.merchant.pk, refund_no=refund_no)])[0]).data
        )

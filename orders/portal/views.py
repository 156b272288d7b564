"""The pages of the merchants' portal. Every one starts from `selectors.orders_of_member`."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cashier.public import MERCHANT_REASONS, RefundReason, find_payments, request_refund
from orders.errors import OrderNotFound
from orders.models import Order
from orders.portal.door import SignedIn, actor_of, answered, may_refund
from orders.portal.export import csv_of
from orders.portal.words import meaning_of
from orders.selectors import Filters, matching, order_of_member, orders_of_member, page_of, totals_of
from orders.services.cancel import cancel
from orders.services.fulfil import fulfil
from orders.states import OrderState
from payhub import clock, numbers
from payhub.money import Money
from payhub.see_other import SeeOther
from payhub.trail.words import timeline

PAGE_SIZE = 25


@never_cache
@login_required
@require_GET
def order_list(request: SignedIn) -> HttpResponse:
    """List the member's orders, newest first; by number, state and day, with the totals of all that fit."""
    filters = _filters(request)
    before = request.GET.get("before", "")[:24]
    found = matching(orders_of_member(request.user.pk), **filters)
    orders, go_on = page_of(found, before=before, size=PAGE_SIZE)
    context = {
        "orders": orders,
        **filters,
        "states": OrderState.choices,
        "totals": totals_of(found),
        "asked": urlencode({name: value or "" for name, value in filters.items()}),
        "is_filtered": any(filters.values()),
        "go_on": go_on,
        "is_first": not before,
    }
    return render(request, "portal/orders.html", context)


@never_cache
@login_required
@require_GET
def order_export(request: SignedIn) -> StreamingHttpResponse:
    """Send the orders that fit the filters as CSV; what is ordered while it is sent is not in it."""
    return csv_of(matching(orders_of_member(request.user.pk), **_filters(request)))


def _filters(request: HttpRequest) -> Filters:
    state = request.GET.get("state", "")
    return {
        "number": request.GET.get("number", "").strip()[:64],
        "state": state if state in OrderState.values else "",
        "since": _day(request.GET.get("since", "")),
        "until": _day(request.GET.get("until", "")),
    }


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@never_cache
@login_required
@require_GET
def order_page(request: SignedIn, order_no: str) -> HttpResponse:
    """Show one order: what was bought, every attempt to pay it, every refund, and all that happened."""
    order = _order(request, order_no)
    payment = find_payments(merchant_id=order.merchant_id, merchant_order_nos=[order.order_no]).get(order.order_no)
    context = {
        "order": order,
        "payment": payment,
        "timeline": timeline([order.subject, payment.subject] if payment else [order.subject]),
        "may_fulfil": order.state == OrderState.PAID,
        "meaning": meaning_of(order, payment),
        "may_refund": bool(payment and payment.refundable.minor) and may_refund(request, order.merchant_id),
        "reasons": [(reason.value, reason.label) for reason in MERCHANT_REASONS],
        "refund_key": numbers.nonce(),
        "may_cancel": order.state == OrderState.AWAITING_PAYMENT and not (payment and payment.ending),
    }
    return render(request, "portal/order.html", context)


@login_required
@require_POST
def fulfil_order(request: SignedIn, order_no: str) -> HttpResponse:
    """Mark a paid order as sent."""
    order = _order(request, order_no)
    with answered(request, _("The order is marked as sent.")):
        fulfil(merchant_id=order.merchant_id, order_no=order.order_no, actor=actor_of(request), now=clock.now())
    return SeeOther(reverse("portal-order", args=[order.order_no]))


@login_required
@require_POST
def cancel_order(request: SignedIn, order_no: str) -> HttpResponse:
    """Cancel an unpaid order."""
    order = _order(request, order_no)
    with answered(
        request, _("The order is being cancelled. If money arrives before the channel confirms, it is paid.")
    ):
        cancel(order=order, actor=actor_of(request), now=clock.now())
    return SeeOther(reverse("portal-order", args=[order.order_no]))


@login_required
@require_POST
def refund_order(request: SignedIn, order_no: str) -> HttpResponse:
    """Ask for a refund. Pressing twice, or going back and pressing again, is the same refund."""
    order = _order(request, order_no)
    if not may_refund(request, order.merchant_id):
        raise PermissionDenied
    said = request.POST
    with answered(request, _("The refund is asked for. It goes back when it is approved; you see it below.")):
        request_refund(
            merchant_id=order.merchant_id,
            merchant_order_no=order.order_no,
            merchant_refund_no=said.get("refund_key", "")[:64] or numbers.nonce(),
            money=_money(said.get("amount", ""), order.currency),
            reason=said["reason"] if said.get("reason") in MERCHANT_REASONS else RefundReason.OTHER,
            note=said.get("note", "")[:500],
            actor=actor_of(request),
            person_id=request.user.pk,
            refundable_seen_minor=int(said["seen"]) if said.get("seen", "").isdecimal() else None,
            now=clock.now(),
        )
    return SeeOther(reverse("portal-order", args=[order.order_no]))


def _money(text: str, currency: str) -> Money:
    """Return what the member wrote; what is no amount is none, which is refused."""
    try:
        return Money.from_major(text.strip(), currency)
    except ValueError:
        return Money(0, currency)


def _order(request: SignedIn, order_no: str) -> Order:
    try:
        return order_of_member(request.user.pk, order_no)
    except OrderNotFound:
        raise Http404 from None

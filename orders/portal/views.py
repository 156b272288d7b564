"""The pages of the merchants' portal. Every one starts from `selectors.orders_of_member`."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cashier.public import (
    MERCHANT_REASONS,
    RefundReason,
    channel_accounts,
    find_payments,
    request_refund,
    summarise_payments,
)
from orders.errors import OrderNotFound
from orders.models import Order, WebhookDelivery
from orders.models.complaint import ComplaintKind
from orders.portal.door import SignedIn, actor_of, answered, may_refund, owns
from orders.portal.words import SIGN_WORDS, Meaning, meaning_of
from orders.search import Filters, matching, page_of, totals_of
from orders.selectors import (
    complaints_of_merchant,
    deliveries_of_merchant,
    last_deliveries,
    merchants_of_member,
    order_of_member,
    orders_of_member,
)
from orders.services.cancel import cancel
from orders.services.complaints.report import report_by_merchant
from orders.services.exports import AT_ONCE
from orders.services.fulfil import fulfil
from orders.services.say import show_order
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
    """List the member's orders that fit the filters, newest first, with the totals of all that fit."""
    filters = Filters.read(request.GET)
    before = request.GET.get("before", "")[:24]
    found = matching(orders_of_member(request.user.pk), filters, now=clock.now())
    orders, go_on = page_of(found, before=before, size=PAGE_SIZE)
    totals = totals_of(found)
    context = {
        "orders": _rows(orders),
        "filters": filters,
        "states": OrderState.choices,
        "channels": _channels(request),
        "signs": SIGN_WORDS.items(),
        "totals": totals,
        "is_long": sum(total.count for total in totals) > AT_ONCE,
        "asked": filters.asked,
        "go_on": go_on,
        "is_first": not before,
    }
    return render(request, "portal/orders.html", context)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the list."""

    order: Order
    meaning: Meaning
    told: WebhookDelivery | None  #: The newest message about it.


def _rows(orders: list[Order]) -> list[Row]:
    by_merchant: dict[int, list[str]] = {}
    for order in orders:
        by_merchant.setdefault(order.merchant_id, []).append(order.order_no)
    payments = {
        number: payment
        for merchant_id, numbers_ in by_merchant.items()
        for number, payment in summarise_payments(merchant_id=merchant_id, merchant_order_nos=numbers_).items()
    }
    told = last_deliveries([order.order_no for order in orders])
    return [
        Row(order=one, meaning=meaning_of(one, payments.get(one.order_no)), told=told.get(one.order_no))
        for one in orders
    ]


def _channels(request: SignedIn) -> list[str]:
    mine = set(merchants_of_member(request.user.pk))
    return sorted({account.channel for account in channel_accounts() if account.merchant_id in mine})


@never_cache
@login_required
@require_GET
def order_page(request: SignedIn, order_no: str) -> HttpResponse:
    """Show one order: what was bought, every attempt to pay it, every refund, and all that happened."""
    order = _order(request, order_no)
    payment = find_payments(merchant_id=order.merchant_id, merchant_order_nos=[order.order_no]).get(order.order_no)
    raw = show_order(order, payment, is_test=order.merchant.is_test)
    context = {
        "order": order,
        "payment": payment,
        "overpaid": Money(payment.surplus_minor, order.currency) if payment and payment.surplus_minor else None,
        "cases": complaints_of_merchant(order.merchant_id, order_no=order.order_no),
        "kinds": ComplaintKind.choices,
        "deliveries": deliveries_of_merchant(order.merchant_id, order_no=order.order_no)[:20],
        "is_owner": owns(request, order.merchant_id),
        "raw": json.dumps(raw, indent=2, ensure_ascii=False, default=_moment),
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


@login_required
@require_POST
def report_order(request: SignedIn, order_no: str) -> HttpResponse:
    """Raise a case about the order's money, or add to the one there is."""
    order = _order(request, order_no)
    said = request.POST
    kind = ComplaintKind(said["kind"]) if said.get("kind") in ComplaintKind.values else ComplaintKind.LOST
    with answered(request, _("The case is open. Customer service looks into it; you see below how it stands.")):
        who = request.user.get_username()
        report_by_merchant(order=order, kind=kind, text=said.get("text", "")[:4000], who=who, now=clock.now())
    return SeeOther(reverse("portal-order", args=[order.order_no]))


def _moment(value: datetime) -> str:
    """Say a moment as the API does."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


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

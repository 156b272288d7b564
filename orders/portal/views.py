"""The pages of the merchants' portal. Every one starts from `selectors.orders_of_member`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cashier.public import find_payments
from orders.errors import OrderNotFound, OrdersError
from orders.models import Order
from orders.selectors import order_of_member, orders_of_member, page_of
from orders.services.cancel import cancel
from orders.services.fulfil import fulfil
from orders.states import OrderState
from payhub import clock
from payhub.see_other import SeeOther
from payhub.trail.words import timeline

PAGE_SIZE = 25


class SignedIn(HttpRequest):
    """A request behind `login_required`."""

    user: User


@never_cache
@login_required
@require_GET
def order_list(request: SignedIn) -> HttpResponse:
    """List the member's orders, newest first; by number and state."""
    number = request.GET.get("number", "").strip().upper()[:24]
    state = request.GET.get("state", "")
    state = state if state in OrderState.values else ""
    before = request.GET.get("before", "")[:24]
    orders, go_on = page_of(
        orders_of_member(request.user.pk), number=number, state=state, before=before, size=PAGE_SIZE
    )
    context = {
        "orders": orders,
        "number": number,
        "state": state,
        "states": OrderState.choices,
        "go_on": go_on,
        "is_first": not before,
    }
    return render(request, "portal/orders.html", context)


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
        "may_cancel": order.state == OrderState.AWAITING_PAYMENT and not (payment and payment.ending),
    }
    return render(request, "portal/order.html", context)


@login_required
@require_POST
def fulfil_order(request: SignedIn, order_no: str) -> HttpResponse:
    """Mark a paid order as sent."""
    order = _order(request, order_no)
    with _answered(request, _("The order is marked as sent.")):
        fulfil(merchant_id=order.merchant_id, order_no=order.order_no, actor=_actor(request), now=clock.now())
    return SeeOther(reverse("portal-order", args=[order.order_no]))


@login_required
@require_POST
def cancel_order(request: SignedIn, order_no: str) -> HttpResponse:
    """Cancel an unpaid order."""
    order = _order(request, order_no)
    with _answered(
        request, _("The order is being cancelled. If money arrives before the channel confirms, it is paid.")
    ):
        cancel(order=order, actor=_actor(request), now=clock.now())
    return SeeOther(reverse("portal-order", args=[order.order_no]))


@contextmanager
def _answered(request: HttpRequest, done: str) -> Iterator[None]:
    """Tell the member what became of what they asked for, refusals in the refusal's own words."""
    try:
        yield
    except OrdersError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


def _actor(request: SignedIn) -> str:
    return f"merchant:{request.user.get_username()}"


def _order(request: SignedIn, order_no: str) -> Order:
    try:
        return order_of_member(request.user.pk, order_no)
    except OrderNotFound:
        raise Http404 from None

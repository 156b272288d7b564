"""Asking for help with a payment: the form that counter and order page lead to, and the case that comes of it."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cashier.public import PaymentNotFound, PaymentState, find_by_counter, find_payments
from orders.errors import ComplaintNotFound, OrderNotFound, OrdersError
from orders.models import Complaint, ComplaintFile, Order
from orders.models.complaint import ComplaintKind
from orders.selectors import complaint_by_token, open_complaint_of, order_of_merchant
from orders.services.complaints.report import report_by_shopper
from orders.services.complaints.say import say_as_shopper
from orders.services.complaints.words import DECISION_WORDS, stands, steps_of, waits_for_shopper
from orders.shop.uploads import as_attachment, uploads_of
from orders.states import OrderState
from payhub import clock
from payhub.caller import caller_ip
from payhub.rate_limit import within_limit
from payhub.see_other import SeeOther

REPORTS_BY_ADDRESS = 30  # in ten minutes; many shoppers share one


@never_cache
@require_http_methods(["GET", "POST"])
def help_form(request: HttpRequest, token: str) -> HttpResponse:
    """Report a problem with the payment at /c/<token>/."""
    try:
        payment = find_by_counter(token)
        order = order_of_merchant(payment.merchant_id, order_no=payment.merchant_order_no)
    except (PaymentNotFound, OrderNotFound):
        raise Http404 from None
    return _form(request, order, back=reverse("counter", args=[token]))


def _form(request: HttpRequest, order: Order, *, back: str) -> HttpResponse:
    existing = open_complaint_of(order)
    context = {
        "order": order,
        "merchant": order.merchant,
        "kinds": ComplaintKind.choices,
        "chosen": request.POST.get("kind") or _likely_kind(order),
        "text": request.POST.get("text", ""),
        "existing": existing,
        "back": back,
    }
    if request.method == "GET":
        return render(request, "shop/help.html", context)
    if not within_limit(f"help:{caller_ip(request)}", times=REPORTS_BY_ADDRESS, per_s=600):
        return render(request, "shop/help.html", {**context, "error": _too_often()}, status=429)
    kind = request.POST.get("kind", "")
    try:
        reported = report_by_shopper(
            order=order,
            kind=ComplaintKind(kind if kind in ComplaintKind.values else ComplaintKind.DUPLICATE),
            text=request.POST.get("text", ""),
            uploads=uploads_of(request),
            now=clock.now(),
        )
    except OrdersError as refusal:
        return render(request, "shop/help.html", {**context, "error": refusal}, status=400)
    return SeeOther(reverse("case", args=[reported.complaint.token]))


def _likely_kind(order: Order) -> str:
    payments = find_payments(merchant_id=order.merchant_id, merchant_order_nos=[order.order_no])
    payment = payments.get(order.order_no)
    if payment is not None and any(attempt.surplus for attempt in payment.attempts):
        return ComplaintKind.DUPLICATE
    is_unpaid = order.state == OrderState.AWAITING_PAYMENT
    return ComplaintKind.LOST if is_unpaid or (payment and payment.state == PaymentState.OPEN) else ""


def _too_often() -> str:
    return _("Too many reports came from here. Nothing was lost: wait ten minutes and send it again.")


@never_cache
@require_GET
def case(request: HttpRequest, token: str) -> HttpResponse:
    """Show a case to its shopper."""
    return render(request, "shop/case.html", _context(_case(token)))


@require_POST
def say(request: HttpRequest, token: str) -> HttpResponse:
    """Add a message and files to a case."""
    found = _case(token)
    if not within_limit(f"help:{caller_ip(request)}", times=REPORTS_BY_ADDRESS, per_s=600):
        return render(request, "shop/case.html", {**_context(found), "error": _too_often()}, status=429)
    try:
        say_as_shopper(
            complaint_id=found.pk, text=request.POST.get("text", ""), uploads=uploads_of(request), now=clock.now()
        )
    except OrdersError as refusal:
        context = {**_context(found), "error": refusal, "text": request.POST.get("text", "")}
        return render(request, "shop/case.html", context, status=400)
    return SeeOther(reverse("case", args=[token]))


@never_cache
@require_GET
def case_file(request: HttpRequest, token: str, file_id: int) -> HttpResponse:
    """Give back a file that the shopper sent; those of shops and suppliers are not theirs to read."""
    file = ComplaintFile.objects.filter(complaint=_case(token), statement=None, pk=file_id).first()
    if file is None:
        raise Http404
    return as_attachment(file)


def _case(token: str) -> Complaint:
    try:
        return complaint_by_token(token)
    except ComplaintNotFound:
        raise Http404 from None


def _context(found: Complaint) -> dict[str, Any]:
    payments = find_payments(merchant_id=found.merchant_id, merchant_order_nos=[found.order.order_no])
    payment = payments.get(found.order.order_no)
    messages = list(found.messages.order_by("id"))
    return {
        "case": found,
        "order": found.order,
        "merchant": found.order.merchant,
        "stands": stands(found),
        "asks_shopper": waits_for_shopper(found),
        "steps": steps_of(found),
        "decided": DECISION_WORDS[found.decision] if found.decision else "",
        "messages_of_case": messages,
        "last_at": messages[-1].written_at if messages else found.created_at,
        "files": found.files.filter(statement=None).defer("content").order_by("id"),
        "refunds": payment.refunds if payment else (),
    }

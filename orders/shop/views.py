"""The pages of the demo shop."""

from __future__ import annotations

from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cashier.public import PaymentView, find_payments
from orders.errors import AlreadyOrdered, NothingOrdered, OrderNotFound, TooLateToCancel
from orders.models import Order
from orders.selectors import order_by_token
from orders.services.cancel import cancel
from orders.services.collect import collect
from orders.services.submit import MAX_QUANTITY, Draft, submit
from orders.shop.goods import CURRENCY, GOODS, SHELF, SHOP_MERCHANT
from orders.shop.shopper import remember, shopper_of
from orders.shop.words import version_of, words_for
from orders.states import OrderState
from payhub import clock
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.see_other import SeeOther
from payhub.trail.record import SHOPPER


def _shop() -> Merchant:
    return get_object_or_404(Merchant, code=SHOP_MERCHANT, is_active=True)


@never_cache
@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """Show the goods."""
    response = render(request, "shop/shelf.html", {"shop": _shop(), "goods": SHELF, "max_quantity": MAX_QUANTITY})
    remember(response, shopper_of(request))
    return response


@require_http_methods(["GET", "POST"])
def order(request: HttpRequest) -> HttpResponse:
    """Make an order of one good and send the shopper to pay it. The price is ours, never the browser's."""
    if request.method == "GET":  # a link on the page that answered a POST, the language's for one
        return redirect("shop")
    shop, shopper = _shop(), shopper_of(request)
    good, quantity = GOODS.get(request.POST.get("sku", "")), _quantity(request.POST.get("quantity", "1"))
    items = (good.times(quantity),) if good else ()
    again_after = request.POST.get("again_after", "")[:24]
    draft = Draft(merchant_id=shop.pk, items=items, currency=CURRENCY, buyer=shopper, again_after=again_after)
    try:
        response: HttpResponse = SeeOther(submit(draft=draft, now=clock.now()).payment.cashier_url)
    except NothingOrdered as refusal:
        response = render(request, "shop/refused.html", {"shop": shop, "error": refusal}, status=400)
    except AlreadyOrdered as refusal:
        earlier = order_by_token(refusal.token)
        context = {"shop": shop, "earlier": earlier, "good": good, "quantity": quantity}
        context["may_again"] = earlier.state != OrderState.AWAITING_PAYMENT
        response = render(request, "shop/ordered_already.html", context, status=409)
    remember(response, shopper)
    return response


def _quantity(text: str) -> int:
    """Return what the browser sent as a small whole number; 0, which is refused, for everything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


@never_cache
@require_GET
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show an order as it stands. Reads only; whatever the address says beyond its token proves nothing."""
    found, payment = _order_and_payment(token)
    context = {
        "shop": found.merchant,
        "order": found,
        "payment": payment,
        "words": words_for(found, payment),
        "version": version_of(found, payment),
        "lines": [{**item, "price": Money(item["unit_minor"], found.currency)} for item in found.items],
        "surplus": [refund for refund in payment.refunds if refund.is_surplus] if payment else [],
    }
    return render(request, "shop/order.html", context)


@never_cache
@require_GET
def order_status(request: HttpRequest, token: str) -> JsonResponse:
    """Say the order page's version, for its script: when it is another, the page is fetched anew."""
    return JsonResponse({"version": version_of(*_order_and_payment(token))})


@require_POST
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Send the shopper to the order's one payment, opening it if a crash had left the order without."""
    return SeeOther(collect(order=_order(token), actor=SHOPPER, now=clock.now()).cashier_url)


@require_POST
def cancel_order(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel an order, if its money is not quicker; either way the order's page says what became of it."""
    with suppress(TooLateToCancel):
        cancel(order=_order(token), actor=SHOPPER, now=clock.now())
    return SeeOther(reverse("shop-order", args=[token]))


def _order(token: str) -> Order:
    try:
        return order_by_token(token)
    except OrderNotFound:
        raise Http404 from None


def _order_and_payment(token: str) -> tuple[Order, PaymentView | None]:
    found = _order(token)
    payments = find_payments(merchant_id=found.merchant_id, merchant_order_nos=[found.order_no])
    return found, payments.get(found.order_no)

"""The pages of the demo shop."""

from __future__ import annotations

from contextlib import suppress

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cashier.public import PaymentView, find_payments
from orders.errors import AlreadyOrdered, NothingOrdered, OrderNotFound, TooLateToCancel
from orders.models import Order
from orders.selectors import order_by_token, orders_of_buyer
from orders.services.cancel import cancel
from orders.services.collect import collect
from orders.services.submit import MAX_QUANTITY, Draft, submit
from orders.shop.cart import keep_cart, posted_items
from orders.shop.frame import shop_page, the_shop
from orders.shop.goods import CURRENCY, SHELF
from orders.shop.shopper import remember, shopper_of
from orders.shop.words import status_for, version_of, words_for
from orders.states import OrderState
from payhub import clock
from payhub.money import Money
from payhub.see_other import SeeOther
from payhub.trail.record import SHOPPER


@never_cache
@require_GET
def shelf(request: HttpRequest) -> HttpResponse:
    """Show the goods."""
    response = shop_page(request, "shop/shelf.html", {"goods": SHELF, "max_quantity": MAX_QUANTITY})
    remember(request, response, shopper_of(request))
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def orders(request: HttpRequest) -> HttpResponse:
    """Make an order and send the shopper to pay it; by GET, list the shopper's orders."""
    return _submit(request) if request.method == "POST" else _list(request)


def _submit(request: HttpRequest) -> HttpResponse:
    """Make an order of what the form names: goods and quantities. The prices are ours, never the browser's."""
    shopper, items = shopper_of(request), posted_items(request.POST)
    again_after = request.POST.get("again_after", "")[:24]
    draft = Draft(merchant_id=the_shop().pk, items=items, currency=CURRENCY, buyer=shopper, again_after=again_after)
    try:
        response: HttpResponse = SeeOther(submit(draft=draft, now=clock.now()).payment.cashier_url)
        if "from_cart" in request.POST:
            keep_cart(response, {})  # the form names the goods, so sending it again still is the same order
    except NothingOrdered as refusal:
        response = shop_page(request, "shop/refused.html", {"error": refusal}, status=400)
    except AlreadyOrdered as refusal:
        earlier, payment = _order_and_payment(refusal.token)
        context = {"earlier": earlier, "items": items, "status": status_for(earlier, payment)}
        context["may_again"] = earlier.state != OrderState.AWAITING_PAYMENT
        context["from_cart"] = "from_cart" in request.POST
        response = shop_page(request, "shop/ordered_already.html", context, status=409)
    remember(request, response, shopper)
    return response


def _list(request: HttpRequest) -> HttpResponse:
    shop = the_shop()
    found = orders_of_buyer(shop.pk, shopper_of(request))
    payments = find_payments(merchant_id=shop.pk, merchant_order_nos=[order.order_no for order in found])
    shown = [{"order": order, "status": status_for(order, payments.get(order.order_no))} for order in found]
    return shop_page(request, "shop/orders.html", {"shown": shown})


@never_cache
@require_GET
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show an order as it stands. Reads only; whatever the address says beyond its token proves nothing."""
    found, payment = _order_and_payment(token)
    context = {
        "order": found,
        "status": status_for(found, payment),
        "payment": payment,
        "words": words_for(found, payment),
        "version": version_of(found, payment),
        "lines": [{**item, "price": Money(item["unit_minor"], found.currency)} for item in found.items],
        "surplus": [refund for refund in payment.refunds if refund.is_surplus] if payment else [],
    }
    return shop_page(request, "shop/order.html", context)


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

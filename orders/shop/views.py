"""The pages of the demo shop."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from cashier.public import PaymentView, find_payments
from orders.errors import NothingOrdered, OrderNotFound
from orders.models import Order
from orders.selectors import order_by_token
from orders.services.collect import collect
from orders.services.submit import MAX_QUANTITY, Draft, submit
from orders.shop.goods import CURRENCY, GOODS, SHELF, SHOP_MERCHANT
from orders.shop.shopper import remember, shopper_of
from orders.shop.words import version_of, words_for
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


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Make an order of one good and send the shopper to pay it. The price is ours, never the browser's."""
    shop, shopper = _shop(), shopper_of(request)
    good, quantity = GOODS.get(request.POST.get("sku", "")), request.POST.get("quantity", "1")
    if good is None or not (quantity.isascii() and quantity.isdecimal() and len(quantity) < 4):
        return _refuse(request)
    draft = Draft(merchant_id=shop.pk, items=(good.times(int(quantity)),), currency=CURRENCY, buyer=shopper)
    try:
        submitted = submit(draft=draft, now=clock.now())
    except NothingOrdered:
        return _refuse(request)
    response = SeeOther(submitted.payment.cashier_url)
    remember(response, shopper)
    return response


def _refuse(request: HttpRequest) -> HttpResponse:
    return render(request, "shop/refused.html", {"shop": _shop(), "error": NothingOrdered()}, status=400)


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


def _order(token: str) -> Order:
    try:
        return order_by_token(token)
    except OrderNotFound:
        raise Http404 from None


def _order_and_payment(token: str) -> tuple[Order, PaymentView | None]:
    found = _order(token)
    payments = find_payments(merchant_id=found.merchant_id, merchant_order_nos=[found.order_no])
    return found, payments.get(found.order_no)

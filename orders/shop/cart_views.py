"""The cart's page, and putting goods into it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from orders.services.submit import MAX_QUANTITY
from orders.shop.cart import cart_of, cost_of, keep_cart, lines_of, posted_cart
from orders.shop.frame import shop_page
from payhub.see_other import SeeOther


@never_cache
@require_http_methods(["GET", "POST"])
def cart_page(request: HttpRequest) -> HttpResponse:
    """Show the cart, or change its quantities."""
    if request.method == "POST":
        return _kept(posted_cart(request.POST))
    lines = lines_of(cart_of(request))
    context = {"lines": lines, "cost": cost_of(lines), "max_quantity": MAX_QUANTITY}
    return shop_page(request, "shop/cart.html", context)


@require_POST
def add_to_cart(request: HttpRequest) -> HttpResponse:
    """Put goods into the cart, beside what is there."""
    cart = cart_of(request)
    for sku, quantity in posted_cart(request.POST).items():
        cart[sku] = min(cart.get(sku, 0) + quantity, MAX_QUANTITY)
    return _kept(cart)


def _kept(cart: dict[str, int]) -> HttpResponse:
    response = SeeOther(reverse("shop-cart"))
    keep_cart(response, cart)
    return response

"""What all pages of the shop have in common: the shop, what is in the cart, the way to the tour."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from orders.shop.cart import cart_of
from orders.shop.goods import SHOP_MERCHANT
from payhub.merchants.models import Merchant


def the_shop() -> Merchant:
    """Return the merchant whose shop this is; without the demo's data there is none (404)."""
    return get_object_or_404(Merchant, code=SHOP_MERCHANT, is_active=True)


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame of every page shows."""
    return {
        "shop": the_shop(),
        "cart_count": sum(cart_of(request).values()),
        "tour_is_on": bool(settings.PAYHUB_SANDBOX_URL),
    }


def shop_page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Return a page of the shop."""
    return render(request, template, {**frame_of(request), **(context or {})}, status=status)

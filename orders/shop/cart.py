"""The cart: a signed cookie with goods and quantities. Prices are looked up when it is shown, and again when it is ordered."""

from __future__ import annotations

import json
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, QueryDict

from orders.services.submit import MAX_QUANTITY, Item
from orders.shop.goods import CURRENCY, GOODS, Good
from payhub.money import Money

_COOKIE = "cart"
_KEPT_S = 7 * 24 * 3600

Cart = dict[str, int]  #: Quantities by sku, of goods that the shop has.


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Some of one good, as the cart shows it."""

    good: Good
    quantity: int

    @property
    def cost(self) -> Money:
        """What the line costs."""
        return Money(self.good.unit_minor * self.quantity, CURRENCY)


def cart_of(request: HttpRequest) -> Cart:
    """Return what the shopper put aside; nothing when the cookie is not ours."""
    kept = request.get_signed_cookie(_name(), default="", salt=_COOKIE, max_age=_KEPT_S)
    return {sku: quantity for sku, quantity in json.loads(kept or "{}").items() if sku in GOODS}


def keep_cart(response: HttpResponseBase, cart: Cart) -> None:
    """Let the browser keep the cart; an empty one is forgotten."""
    response.set_signed_cookie(
        _name(),
        json.dumps(cart),
        salt=_COOKIE,
        max_age=_KEPT_S if cart else 0,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def lines_of(cart: Cart) -> list[Line]:
    """Return the cart's lines in the order in which the goods were put in."""
    return [Line(good=GOODS[sku], quantity=quantity) for sku, quantity in cart.items()]


def cost_of(lines: list[Line]) -> Money:
    """Return what all lines cost."""
    return Money(sum(line.cost.minor for line in lines), CURRENCY)


def posted_items(posted: QueryDict) -> tuple[Item, ...]:
    """Return what a form orders: pairs of `sku` and `quantity`.

    A quantity of 0 takes the line out. Whatever else is no whole number becomes a quantity of 0, which `submit` refuses.
    """
    pairs = zip(posted.getlist("sku"), posted.getlist("quantity") or ["1"], strict=False)
    return tuple(GOODS[sku].times(_quantity(text)) for sku, text in pairs if sku in GOODS and text != "0")


def posted_cart(posted: QueryDict) -> Cart:
    """Return the cart that a form makes; quantities beyond what one may order become the most one may."""
    quantities: Cart = {}
    for item in posted_items(posted):
        quantities[item.sku] = min(quantities.get(item.sku, 0) + item.quantity, MAX_QUANTITY)
    return {sku: quantity for sku, quantity in quantities.items() if quantity}


def _quantity(text: str) -> int:
    """Return what the browser sent as a small whole number; 0, which is refused, for everything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0


def _name() -> str:
    return f"{settings.COOKIE_PREFIX}{_COOKIE}"

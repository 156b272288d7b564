"""What the demo shop sells: four prices that show what matters (the smallest, a usual one, a larger, a large)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.services.submit import Item
from payhub.money import Money

SHOP_MERCHANT = "lantern-books"  # the code of the merchant whose shop this is (`manage.py seed_demo` makes it)
CURRENCY = "CNY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """One thing on the shelf."""

    sku: str
    title: Promise
    about: Promise
    unit_minor: int

    @property
    def price(self) -> Money:
        """What one costs."""
        return Money(self.unit_minor, CURRENCY)

    @property
    def picture(self) -> str:
        """The static file that shows it."""
        return f"img/goods/{self.sku}.svg"

    def times(self, quantity: int) -> Item:
        """Return `quantity` of it, named in the language of who orders."""
        return Item(sku=self.sku, title=str(self.title), unit_minor=self.unit_minor, quantity=quantity)


SHELF = (
    Good(sku="bookmark", title=_("Paper bookmark"), about=_("Plum blossom, letterpress."), unit_minor=1),
    Good(sku="notebook", title=_("Pocket notebook"), about=_("64 pages, thread-bound."), unit_minor=990),
    Good(sku="novel", title=_("A novel in two volumes"), about=_("Illustrated, in a slipcase."), unit_minor=12_800),
    Good(
        sku="library",
        title=_("The travelling library"),
        about=_("Twelve classics in a wooden box."),
        unit_minor=100_000,
    ),
)
GOODS = {good.sku: good for good in SHELF}

"""One walk of a row: its own order, and what came of it so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings

from cashier.public import PaymentView, RefundState, find_payment
from orders.models import Order
from orders.selectors import order_by_token
from orders.services.submit import Draft, submit
from orders.shop.frame import the_shop
from orders.shop.goods import CURRENCY, GOODS
from orders.tour.rows import Row
from orders.tour.sandbox_door import arm, charges_of
from payhub import clock, numbers
from payhub.money import Money

GOOD = "novel"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where a walk stands: what payhub holds, and what the channels' books say."""

    order: Order
    payment: PaymentView
    charges: list[dict[str, Any]]  #: Each with `money` and `went_back`.

    @property
    def refunds_open(self) -> int:
        """How many returns are not confirmed yet."""
        return sum(refund.state != RefundState.SUCCEEDED for refund in self.payment.refunds)

    @property
    def version(self) -> str:
        """A text that is another one when the page would say something else."""
        attempts = [f"{attempt.attempt_no}:{attempt.state}" for attempt in self.payment.attempts]
        refunds = [f"{refund.refund_no}:{refund.state}" for refund in self.payment.refunds]
        moved = [f"{charge['trade_no']}:{charge['returned_minor']}" for charge in self.charges]
        return " ".join([self.order.state, self.payment.state, *attempts, *refunds, *moved])

    def is_at_its_end(self, row: Row) -> bool:
        """Tell whether everything is as the row says that it ends."""
        end = row.end
        returned = sum(charge["went_back"] for charge in self.charges)
        return (
            (len(self.payment.attempts), len(self.charges), returned) == (end.attempts, end.charged, end.returned)
            and self.order.state == end.order
            and not self.refunds_open
        )


def begin(row: Row) -> Order:
    """Arm the row's faults, make an order for it, and return the order. Raises SandboxRefused.

    Every walk has a buyer of its own, so that the submit guard does not lead into an earlier one. A row that needs
    the time to run out gets an order of half an hour ago.
    """
    arm(row.faults)
    age_s = settings.PAYMENT_LIFETIME_S - row.seconds_left if row.seconds_left else 0
    at = clock.now() - timedelta(seconds=age_s)
    draft = Draft(merchant_id=the_shop().pk, items=(GOODS[GOOD].times(1),), currency=CURRENCY, buyer=numbers.token())
    return submit(draft=draft, now=at).order


def walk_of(token: str) -> Walk:
    """Return where the walk with this order stands. Raises OrderNotFound, SandboxRefused."""
    order = order_by_token(token)
    payment = find_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no)
    charges = charges_of({attempt.attempt_no for attempt in payment.attempts})
    for charge in charges:
        charge["money"] = Money(charge["amount_minor"], charge["currency"])
        charge["went_back"] = charge["returned_minor"] == charge["amount_minor"]
    return Walk(order=order, payment=payment, charges=charges)

"""What a merchant reads about an order: how it stands, and what to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cashier.public import PaymentSummary, PaymentView, Progress
from orders.models import Order
from orders.search import Sign
from orders.states import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """A status, and what should be done."""

    status: Promise
    todo: Promise
    tone: str


_UNPAID = Meaning(status=_("Unpaid"), todo=_("Nobody has tried to pay yet. Do not send the goods."), tone="open")
_PAYING = Meaning(
    status=_("Paying"),
    todo=_("The buyer has begun to pay and nothing is confirmed yet. Do not send the goods; wait."),
    tone="open",
)
_NOT_CONFIRMED = Meaning(
    status=_("Not confirmed"),
    todo=_("Do not ship and do not ask the buyer to pay again. We are asking the channel."),
    tone="bad",
)
_OVERPAID = Meaning(
    status=_("Overpaid"),
    todo=_("The order is paid, and more came in than was asked. The surplus goes back by itself; send the goods once."),
    tone="good",
)
_MEANINGS = {
    OrderState.PAID: Meaning(status=_("Paid"), todo=_("Send the goods, and mark the order as sent."), tone="good"),
    OrderState.FULFILLED: Meaning(
        status=pgettext_lazy("goods", "Sent"), todo=_("There is nothing to do."), tone="good"
    ),
    OrderState.CANCELLED: Meaning(
        status=_("Cancelled"), todo=_("It can no longer be paid. Do not send the goods."), tone="quiet"
    ),
    OrderState.EXPIRED: Meaning(
        status=_("Expired"),
        todo=_("It was not paid in time. Do not send the goods; money that still comes goes back by itself."),
        tone="quiet",
    ),
    OrderState.PARTLY_REFUNDED: Meaning(
        status=_("Partly refunded"), todo=_("Part of the money went back. The rest of the order stands."), tone="good"
    ),
    OrderState.REFUNDED: Meaning(
        status=_("Refunded"), todo=_("All of the money went back. Do not send the goods."), tone="quiet"
    ),
}
_BY_PROGRESS = {Progress.UNDER_WAY: _PAYING, Progress.NOT_CONFIRMED: _NOT_CONFIRMED}


def meaning_of(order: Order, payment: PaymentSummary | PaymentView | None) -> Meaning:
    """Return how the order stands and what its merchant should do."""
    if order.state == OrderState.AWAITING_PAYMENT:
        return _BY_PROGRESS.get(Progress(payment.progress), _UNPAID) if payment else _UNPAID
    if order.state == OrderState.PAID and payment is not None and payment.surplus_minor:
        return _OVERPAID
    return _MEANINGS[OrderState(order.state)]


SIGN_WORDS: dict[Sign, Promise] = {
    Sign.OVERPAID: _("Overpaid"),
    Sign.NOT_CONFIRMED: _("Not confirmed for 10 minutes"),
    Sign.COMPLAINT: _("With a case"),
}

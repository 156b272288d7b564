"""What the shopper reads about an order: what happened, what happens to the money, what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cashier.public import PaymentState, PaymentView
from orders.models import Order
from orders.states import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One page's heading, text and tone (good, open, quiet)."""

    heading: Promise
    text: Promise
    tone: str
    may_pay: bool = False
    ends: bool = True  #: False: the page looks for news by itself.


_WORDS = {
    OrderState.AWAITING_PAYMENT: Words(
        heading=_("Your order is waiting for payment"),
        text=_("The shop has kept your order. Nothing is sent before it is paid. Pay it once, on the payment page."),
        tone="open",
        may_pay=True,
        ends=False,
    ),
    OrderState.PAID: Words(
        heading=_("Your order is paid"),
        text=_("Thank you. The shop has your payment and will send your order. Do not pay again."),
        tone="good",
    ),
    OrderState.FULFILLED: Words(
        heading=_("Your order is on its way"),
        text=_("The shop has your payment and has sent your order. There is nothing more to do."),
        tone="good",
    ),
    OrderState.CANCELLED: Words(
        heading=_("Your order was cancelled"),
        text=_("It was not paid, and it can no longer be paid. If you still want it, order it again."),
        tone="quiet",
    ),
    OrderState.EXPIRED: Words(
        heading=_("The time to pay has ended"),
        text=_(
            "The order was not paid in time. Money that still arrives goes back by itself. If you still want it, order it again."
        ),
        tone="quiet",
    ),
    OrderState.PARTLY_REFUNDED: Words(
        heading=_("Part of your money went back"),
        text=_("The shop returned part of what you paid, to where it came from. The rest of the order stands."),
        tone="good",
    ),
    OrderState.REFUNDED: Words(
        heading=_("Your money went back"),
        text=_(
            "The shop returned all of what you paid, to where it came from. Your bank may take some days to show it."
        ),
        tone="quiet",
    ),
}

_PAYMENT_ARRIVED = Words(
    heading=_("Your payment has arrived"),
    text=_("Your money is safe. The shop is being told, which takes a moment. Do not pay again."),
    tone="good",
    ends=False,
)
_ENDING = Words(
    heading=_("Your order is being ended"),
    text=_(
        "We are asking the payment channel whether it was paid. Until it answers, do not pay again; if money arrives, the order is paid."
    ),
    tone="open",
    ends=False,
)


def words_for(order: Order, payment: PaymentView | None) -> Words:
    """Return what to say about the order as it and its payment stand."""
    if order.state == OrderState.AWAITING_PAYMENT and payment is not None:
        if payment.state == PaymentState.PAID:
            return _PAYMENT_ARRIVED
        if payment.ending:
            return _ENDING
    return _WORDS[OrderState(order.state)]


class Status(NamedTuple):
    """Where an order stands, in one or two words, and their tone."""

    text: str
    tone: str


def status_for(order: Order, payment: PaymentView | None) -> Status:
    """Return where the order stands. Nothing counts as unpaid while a payment may still be on its way."""
    if order.state == OrderState.AWAITING_PAYMENT and payment is not None and payment.state != PaymentState.PAID:
        tried = payment.ending or any(attempt.is_live for attempt in payment.attempts)
        return Status(str(_("Payment not confirmed") if tried else _("Awaiting payment")), "open")
    if order.state == OrderState.AWAITING_PAYMENT and payment is not None:
        return Status(str(_("Paid")), "good")
    return Status(order.get_state_display(), words_for(order, payment).tone)


def version_of(order: Order, payment: PaymentView | None) -> str:
    """Return a text that is another one exactly when the order's page would say something else."""
    refunds = [f"{refund.refund_no}:{refund.state}" for refund in payment.refunds] if payment else []
    said = [order.state, str(order.refunded_minor), *([payment.state, payment.ending] if payment else []), *refunds]
    return " ".join(said)

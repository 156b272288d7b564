"""Collecting: the payment of an order is opened at the payment centre, once, however often this is asked."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from cashier.public import PaymentView, open_payment
from orders.models import Order


def collect(*, order: Order, actor: str, now: datetime, payer_id: str = "") -> PaymentView:
    """Return the order's payment, opening it when there is none. Never called inside a transaction.

    Its time runs from the order's, so that a payment opened late (after a crash) lives no longer than any other.
    `payer_id` is kept by the payment alone: one that is opened late has none, and is paid by the other methods.
    """
    return open_payment(
        merchant_id=order.merchant_id,
        merchant_order_no=order.order_no,
        money=order.money,
        title=order.title,
        return_url=return_url_of(order),
        help_url=order.merchant.help_url,
        payer_id=payer_id,
        expires_at=order.created_at + timedelta(seconds=settings.PAYMENT_LIFETIME_S),
        actor=actor,
        now=now,
    )


def return_url_of(order: Order) -> str:
    """Return where the shopper goes back to: the merchant's page, told which order it was, or our page of the order."""
    if not order.return_url:
        return f"{settings.PAYHUB_BASE_URL}{reverse('shop-order', args=[order.token])}"
    mark = "&" if "?" in order.return_url else "?"
    return f"{order.return_url}{mark}order_no={order.order_no}"

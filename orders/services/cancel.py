"""Cancelling: the order's payment is ended first; the order follows it."""

from __future__ import annotations

from datetime import datetime

from cashier.public import cancel_payment, find_payment
from orders.errors import TooLateToCancel
from orders.locks import lock_order
from orders.models import Order
from orders.services.collect import collect
from orders.services.follow import follow
from orders.states import OrderState
from payhub.db import committed

_MAY_BE_ENDED = {OrderState.AWAITING_PAYMENT, OrderState.CANCELLED, OrderState.EXPIRED}


def cancel(*, order: Order, actor: str, now: datetime) -> Order:
    """Begin to cancel an order, and return it as it stands then; never called inside a transaction.

    CANCELLED: nobody could pay it any more. Still AWAITING_PAYMENT: the channel is being asked, money that arrives
    meanwhile pays the order, and an event tells the end. Raises TooLateToCancel when the money was quicker.
    """
    collect(order=order, actor=actor, now=now)  # after a crash there may be none yet, and what is not there cannot end
    cancel_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no, actor=actor, now=now)
    with committed():
        order = lock_order(merchant_id=order.merchant_id, order_no=order.order_no)
        payment = find_payment(merchant_id=order.merchant_id, merchant_order_no=order.order_no)
        follow(order=order, payment=payment, now=now)
    if order.state not in _MAY_BE_ENDED:
        raise TooLateToCancel
    return order

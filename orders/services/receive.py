"""Receiving: what the payment centre tells becomes true of the order."""

from __future__ import annotations

from datetime import datetime

from cashier.public import find_payment
from orders.errors import OrderNotFound
from orders.locks import lock_order
from orders.services.follow import follow
from payhub.outbox.consumer import Message


def receive(message: Message, now: datetime) -> None:
    """Bring the order that an event is about in line with its payment, in the transaction that marks it delivered.

    The event says which order; what became of its payment is read anew under the order's lock. A payment that
    was not opened for one of our orders is nobody's business here.
    """
    merchant_id, order_no = message.payload["merchant_id"], message.payload["merchant_order_no"]
    try:
        order = lock_order(merchant_id=merchant_id, order_no=order_no)
    except OrderNotFound:
        return
    follow(order=order, payment=find_payment(merchant_id=merchant_id, merchant_order_no=order_no), now=now)

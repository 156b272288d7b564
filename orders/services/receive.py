"""Receiving: what the payment centre tells becomes true of the order."""

from __future__ import annotations

from datetime import datetime

from cashier.public import find_payment
from orders.errors import OrderNotFound
from orders.locks import lock_order
from orders.services.follow import follow
from orders.services.tell import tell
from payhub.outbox.consumer import Message

# What the payment centre says of money that is not the order's state: passed on to the merchant as it is.
_TOLD_AS = {
    "payment.surplus": "order.overpaid",
    "refund.succeeded": "refund.succeeded",
    "refund.failed": "refund.failed",
}


def receive(message: Message, now: datetime) -> None:
    """Bring the order that an event is about in line with its payment, in the transaction that marks it delivered.

    The event says which order; what became of its payment is read anew under the order's lock. A payment that
    was not opened for one of our orders is nobody's business here.
    """
    if not message.subject.startswith("payment:"):
        return  # our own news of a return, which is told to the merchant under the same name
    merchant_id, order_no = message.payload["merchant_id"], message.payload["merchant_order_no"]
    try:
        order = lock_order(merchant_id=merchant_id, order_no=order_no)
    except OrderNotFound:
        return
    follow(order=order, payment=find_payment(merchant_id=merchant_id, merchant_order_no=order_no), now=now)
    # After following, so that the merchant who hears it and asks sees an order that knows it as well.
    if message.name in _TOLD_AS:
        more = {
            name: message.payload[name]
            for name in ("refund_no", "attempt_no", "why", "reason", "is_surplus")
            if name in message.payload
        }
        more["refund_amount_minor"] = message.payload["amount_minor"]
        tell(order=order, event_type=_TOLD_AS[message.name], at=now, **more)

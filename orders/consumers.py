"""What product orders hear of."""

from __future__ import annotations

from orders.services.receive import receive
from payhub.outbox.consumer import Consumer

orders = Consumer(events=frozenset({"payment.paid", "payment.closed", "refund.succeeded"}), take=receive)

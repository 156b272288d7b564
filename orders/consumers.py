"""What product orders hear of."""

from __future__ import annotations

from orders.services.complaints import receive as complaints_receive
from orders.services.receive import receive
from payhub.outbox.consumer import Consumer

orders = Consumer(events=frozenset({"payment.paid", "payment.closed", "refund.succeeded"}), take=receive)
complaints = Consumer(
    events=frozenset({"payment.surplus", "refund.succeeded", "refund.failed"}), take=complaints_receive.receive
)

"""What product orders hear of: what became of their payments, and what their merchants want to be told."""

from __future__ import annotations

from orders.models.webhook_endpoint import EventType
from orders.services import letters as letters_service
from orders.services.complaints import receive as complaints_receive
from orders.services.fan_out import fan_out
from orders.services.receive import receive
from orders.services.webhook_endpoints import SWITCHED_OFF
from payhub.outbox.consumer import Consumer

orders = Consumer(
    events=frozenset({"payment.paid", "payment.closed", "payment.surplus", "refund.succeeded", "refund.failed"}),
    take=receive,
)
webhooks = Consumer(events=frozenset(set(EventType.values) - {EventType.TEST}), take=fan_out)
complaints = Consumer(
    events=frozenset({"payment.surplus", "bill.differs", "refund.succeeded", "refund.failed"}),
    take=complaints_receive.receive,
)
letters = Consumer(events=frozenset({SWITCHED_OFF}), take=letters_service.write)

"""The played merchant: fulfils an order when it hears that it was paid, in the transaction that marks it delivered."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from payhub.outbox.consumer import Consumer, Message

EVENTS = ("payment.paid", "payment.closed", "payment.surplus", "refund.succeeded", "refund.failed")


def _take(message: Message, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO merchant_took (event_id, name, order_no) VALUES (%s, %s, %s)",
            [message.event_id, message.name, message.payload["merchant_order_no"]],
        )


consumer = Consumer(events=frozenset(EVENTS), take=_take)

"""What the order tells its merchant comes by no door back to the order."""

from __future__ import annotations

import pytest

from orders.consumers import orders
from orders.models import Order
from orders.models.webhook_endpoint import EventType
from orders.services.submit import Draft, submit
from orders.services.tell import tell
from payhub import clock
from payhub.db import committed
from payhub.outbox.deliver import deliver_due
from payhub.outbox.models import Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes")]


@pytest.mark.parametrize("name", sorted(orders.events & set(EventType.values)))
def test_words_to_the_merchant_that_bear_a_payments_name_are_delivered(draft: Draft, name: str) -> None:
    order = submit(draft=draft, now=clock.now()).order
    before = Order.objects.values().get()
    with committed():
        tell(order=order, event_type=name, at=clock.now())
    deliver_due(now=clock.now())
    assert {delivery.state for delivery in Delivery.objects.all()} == {"DONE"}
    assert Order.objects.values().get() == before

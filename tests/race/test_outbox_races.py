"""Many deliverers at once, on real connections: every event is taken once."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import pytest

from payhub import clock
from payhub.db import committed
from payhub.outbox.deliver import deliver_due
from payhub.outbox.emit import emit
from payhub.outbox.models import Delivery, DeliveryState
from tests.integration.outbox import consumers
from tests.integration.outbox.consumers import heard_by
from tests.race.conftest import Together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("no_wakes")]
ROUNDS = 10
EVENTS = 12


def test_eight_deliverers_at_once_take_every_event_once(settings: Any, together: Together) -> None:
    settings.OUTBOX_CONSUMERS = {"desk": f"{consumers.__name__}.desk"}
    consumers.trouble.clear()
    sent: list[str] = []
    for _ in range(ROUNDS):
        with committed():
            for _ in range(EVENTS):
                event = emit(name="payment.closed", subject="payment:P1", payload={}, at=clock.now())
                sent.append(event.event_id)
        handled = together.run([partial(deliver_due, now=clock.now())] * 8)
        assert not [result for result in handled if isinstance(result, Exception)]
        deliver_due(now=clock.now())
    assert Counter(heard_by("desk")) == Counter(sent)
    assert not Delivery.objects.exclude(state=DeliveryState.DONE).exists()

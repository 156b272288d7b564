"""Wakes: to a real broker with ids only, and to a dead one without a word to the caller."""

from __future__ import annotations

import base64
import json
import logging
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from celery import Celery, current_app

from payhub import tasks
from payhub.tasks import wake

QUEUE = "payhub-test-wakes"


@pytest.fixture
def broker(settings: Any) -> Iterator[Callable[[str], None]]:
    """Let the wakes go to a broker, with our settings of how to reach it."""
    before: Celery = current_app._get_current_object()  # type: ignore[attr-defined]
    made: list[Celery] = []

    def use(url: str) -> None:
        app = Celery("wakes", broker=url, set_as_current=True)
        app.conf.update(task_default_queue=QUEUE, broker_transport_options=settings.CELERY_BROKER_TRANSPORT_OPTIONS)
        made.append(app)

    yield use
    for app in made:
        app.close()
    before.set_current()


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that refuses connections."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def test_a_wake_carries_its_name_and_ids_and_expires(broker: Callable[[str], None], settings: Any) -> None:
    broker(settings.REDIS_URL)
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.delete(QUEUE)
        wake("cashier.query_channel", channel="alpha", payment_id=7)
        (sent,) = server.lrange(QUEUE, 0, -1)
        server.delete(QUEUE)
    message = json.loads(sent)
    assert message["headers"]["task"] == "cashier.query_channel"
    args, kwargs, _ = json.loads(base64.b64decode(message["body"]))
    assert (args, kwargs) == ([], {"channel": "alpha", "payment_id": 7})
    assert message["headers"]["expires"]
    assert message["headers"]["ignore_result"] is True


def test_a_dead_broker_costs_a_moment_and_a_line_in_the_log(
    broker: Callable[[str], None], closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    broker(f"redis://127.0.0.1:{closed_port}/0")
    begun = time.monotonic()
    with caplog.at_level(logging.WARNING, logger="payhub.tasks"):
        wake("payhub.outbox.deliver_due")
    assert time.monotonic() - begun < 2  # a click and a notification's answer wait for it
    (line,) = [record.getMessage() for record in caplog.records if record.name == "payhub.tasks"]
    assert line.startswith("could not wake payhub.outbox.deliver_due")


def test_a_handed_in_sender_takes_every_wake_and_is_taken_away_again(
    broker: Callable[[str], None], closed_port: int
) -> None:
    broker(f"redis://127.0.0.1:{closed_port}/0")
    sent: list[tuple[str, dict[str, int | str]]] = []
    with tasks.replaced_by(lambda name, ids: sent.append((name, dict(ids)))):
        wake("cashier.send_refunds", refund_id=1)
    wake("cashier.send_refunds", refund_id=2)
    assert sent == [("cashier.send_refunds", {"refund_id": 1})]

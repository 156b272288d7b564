"""The outbox: an event stands with its cause, is taken exactly once, and never silently given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from payhub.db import OpenTransaction, committed
from payhub.outbox import deliver
from payhub.outbox.consumer import Message
from payhub.outbox.deliver import BATCH, RETRY_AFTER_S, deliver_due, revive
from payhub.outbox.emit import emit
from payhub.outbox.models import Delivery, DeliveryState, Event
from payhub.outbox.tasks import deliver_due as sweep
from payhub.review.models import Kind, ReviewItem
from tests.conftest import MovedClock
from tests.integration.outbox import consumers
from tests.integration.outbox.consumers import heard_by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_wakes", "only_ours")]


@pytest.fixture
def only_ours(settings: Any) -> Iterator[None]:
    """Let "shop" and "desk" be the only consumers."""
    settings.OUTBOX_CONSUMERS = {name: f"{consumers.__name__}.{name}" for name in ("shop", "desk")}
    consumers.trouble.clear()
    yield
    consumers.trouble.clear()


@pytest.fixture
def happens(moved_clock: MovedClock) -> Callable[..., Event]:
    """Emit an event in a transaction of its own, a second after the last one."""

    def emit_one(name: str = "payment.paid") -> Event:
        moved_clock.forward(seconds=1)
        with committed():
            return emit(name=name, subject="payment:P1", payload={"amount_minor": 1}, at=moved_clock())

    return emit_one


def fail(message: Message) -> None:
    raise ValueError(f"cannot take {message.event_id}")


def of(event: Event, consumer: str = "shop") -> Delivery:
    return Delivery.objects.get(event=event, consumer=consumer)


def test_an_event_stands_exactly_when_its_cause_does(moved_clock: MovedClock) -> None:
    def cause(*, fails: bool) -> None:
        with committed():
            emit(name="payment.paid", subject="payment:P1", payload={}, at=moved_clock())
            if fails:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        cause(fails=True)
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()
    cause(fails=False)
    assert (Event.objects.count(), Delivery.objects.count()) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_an_event_without_a_transaction_is_refused(moved_clock: MovedClock) -> None:
    with pytest.raises(OpenTransaction):
        emit(name="payment.paid", subject="payment:P1", payload={}, at=moved_clock())


def test_every_consumer_of_the_name_hears_of_it_once(happens: Callable[..., Event], moved_clock: MovedClock) -> None:
    paid, closed = happens(), happens("payment.closed")
    assert deliver_due(now=moved_clock()) == 3
    assert deliver_due(now=moved_clock()) == 0
    assert heard_by("shop") == [paid.event_id]
    assert heard_by("desk") == [paid.event_id, closed.event_id]


def test_what_nobody_listens_to_is_kept_as_an_event(happens: Callable[..., Event], moved_clock: MovedClock) -> None:
    happens("payment.surplus")
    assert deliver_due(now=moved_clock()) == 0
    assert Event.objects.count() == 1


def test_a_consumers_effect_and_the_done_mark_stand_or_fall_together(
    happens: Callable[..., Event], moved_clock: MovedClock
) -> None:
    event = happens()
    consumers.trouble[:] = [fail, fail]
    deliver_due(now=moved_clock())
    assert heard_by("shop") == []
    deliver_due(now=moved_clock.forward(seconds=RETRY_AFTER_S[0]))
    assert heard_by("shop") == [event.event_id]
    assert of(event).state == DeliveryState.DONE


def test_a_process_that_dies_after_the_effect_leaves_nothing_and_the_next_one_takes_it(
    happens: Callable[..., Event], moved_clock: MovedClock
) -> None:
    event = happens()

    def die(_: Message) -> None:
        raise KeyboardInterrupt

    consumers.trouble[:] = [die]
    with pytest.raises(KeyboardInterrupt):
        deliver_due(now=moved_clock())
    assert heard_by("shop") == heard_by("desk") == []
    deliver_due(now=moved_clock())
    assert heard_by("shop") == heard_by("desk") == [event.event_id]


def test_a_failed_delivery_is_tried_again_later_and_later(
    happens: Callable[..., Event], moved_clock: MovedClock
) -> None:
    event = happens("payment.closed")
    consumers.trouble[:] = [fail] * 3
    deliver_due(now=moved_clock())
    for after_s in RETRY_AFTER_S[:3]:
        assert deliver_due(now=moved_clock.forward(seconds=after_s - 0.001)) == 0
        assert deliver_due(now=moved_clock.forward(seconds=0.001)) == 1
    assert heard_by("desk") == [event.event_id]
    delivery = of(event, "desk")
    assert (delivery.state, delivery.tries) == (DeliveryState.DONE, 3)
    assert delivery.last_error == f"ValueError: cannot take {event.event_id}"
    assert list(RETRY_AFTER_S) == sorted(RETRY_AFTER_S)


def test_a_poison_delivery_costs_only_itself(happens: Callable[..., Event], moved_clock: MovedClock) -> None:
    poison, *others = [happens("payment.closed") for _ in range(5)]

    def fail_on_poison(message: Message) -> None:
        consumers.trouble.append(fail_on_poison)
        if message.event_id == poison.event_id:
            fail(message)

    consumers.trouble.append(fail_on_poison)
    for _ in range(20):
        deliver_due(now=moved_clock.forward(hours=8))
    assert heard_by("desk") == [event.event_id for event in others]
    assert of(poison, "desk").state == DeliveryState.PARKED


def test_after_the_last_try_a_person_is_told_and_can_have_it_tried_again(
    happens: Callable[..., Event], moved_clock: MovedClock
) -> None:
    event = happens("payment.closed")
    consumers.trouble[:] = [fail] * (len(RETRY_AFTER_S) + 1)
    deliver_due(now=moved_clock())
    for after_s in RETRY_AFTER_S:
        assert not ReviewItem.objects.exists()
        deliver_due(now=moved_clock.forward(seconds=after_s))
    parked = of(event, "desk")
    assert parked.state == DeliveryState.PARKED
    item = ReviewItem.objects.get()
    assert (item.kind, item.subject) == (Kind.PARKED_DELIVERY, f"delivery:{parked.pk}")
    assert f"{len(RETRY_AFTER_S) + 1} times: ValueError: cannot take" in item.reason
    assert deliver_due(now=moved_clock.forward(days=30)) == 0
    assert revive(parked.pk, actor="staff:han", now=moved_clock())
    assert not revive(parked.pk, actor="staff:han", now=moved_clock())
    deliver_due(now=moved_clock())
    assert heard_by("desk") == [event.event_id]
    assert ReviewItem.objects.get().resolved_at is not None


def test_the_oldest_is_delivered_first(happens: Callable[..., Event], moved_clock: MovedClock) -> None:
    events = [happens("payment.closed") for _ in range(4)]
    deliver_due(now=moved_clock())
    assert heard_by("desk") == [event.event_id for event in events]


def test_nothing_is_delivered_before_its_time(happens: Callable[..., Event], moved_clock: MovedClock) -> None:
    happens()
    assert deliver_due(now=moved_clock() - timedelta(seconds=1)) == 0


def test_a_consumer_that_was_taken_away_loses_nothing(
    happens: Callable[..., Event], moved_clock: MovedClock, settings: Any
) -> None:
    event = happens("payment.closed")
    settings.OUTBOX_CONSUMERS = {}
    deliver_due(now=moved_clock())
    assert of(event, "desk").state == DeliveryState.PENDING
    settings.OUTBOX_CONSUMERS = {"desk": f"{consumers.__name__}.desk"}
    deliver_due(now=moved_clock.forward(seconds=RETRY_AFTER_S[0]))
    assert heard_by("desk") == [event.event_id]


def test_a_backlog_is_taken_in_batches(moved_clock: MovedClock) -> None:
    with committed():
        for _ in range(BATCH + 1):
            emit(name="payment.closed", subject="payment:P1", payload={}, at=moved_clock())
    assert [deliver_due(now=moved_clock()) for _ in range(3)] == [BATCH, 1, 0]


def test_a_failure_noted_too_late_does_not_touch_what_somebody_else_delivered(
    happens: Callable[..., Event], moved_clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One worker fails and gives the row back; before it notes that, another one delivers it."""
    event = happens("payment.closed")
    consumers.trouble[:] = [fail]
    note = deliver._note_failure

    def too_late(*failure: Any) -> None:
        monkeypatch.setattr(deliver, "_note_failure", note)
        assert deliver_due(now=moved_clock()) == 1
        note(*failure)

    monkeypatch.setattr(deliver, "_note_failure", too_late)
    deliver_due(now=moved_clock())
    delivery = of(event, "desk")
    assert (delivery.state, delivery.tries, delivery.last_error) == (DeliveryState.DONE, 0, "")
    assert heard_by("desk") == [event.event_id]


def test_an_error_that_the_database_cannot_hold_is_noted_without_it(
    happens: Callable[..., Event], moved_clock: MovedClock
) -> None:
    event = happens("payment.closed")

    def fail_oddly(_: Message) -> None:
        raise ValueError("zero\x00byte" + "x" * 5_000)

    consumers.trouble[:] = [fail_oddly]
    deliver_due(now=moved_clock())
    assert of(event, "desk").last_error.startswith("ValueError: zerobyte")


def test_a_wake_is_asked_for_after_the_commit_only_and_the_sweep_does_without(
    moved_clock: MovedClock, no_wakes: list[tuple[str, dict[str, Any]]], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True), committed():
        event = emit(name="payment.paid", subject="payment:P1", payload={"secret": "of nobody"}, at=moved_clock())
        assert no_wakes == []
    assert no_wakes == [("payhub.outbox.deliver_due", {})]  # and it was lost
    sweep()
    assert heard_by("shop") == [event.event_id]

"""State machines: only transitions move a state, only from what was read, and PostgreSQL knows the same edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, models

from cashier.models import Attempt, Payment, Refund
from cashier.states import ATTEMPT_EDGES, PAYMENT_EDGES, REFUND_EDGES
from payhub import clock
from payhub.db import savepoint
from payhub.fsm import StaleState, TransitionNotAllowed, declared_edges
from payhub.outbox.models import DELIVERY_EDGES, Delivery, DeliveryState, Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def delivery() -> Delivery:
    """A row with a state."""
    event = Event.objects.create(event_id="E1", name="payment.paid", subject="s", payload={}, created_at=clock.now())
    made = Delivery.objects.create(event=event, consumer="shop", next_at=clock.now())
    return Delivery.objects.get(pk=made.pk)


def test_a_state_cannot_be_assigned(delivery: Delivery) -> None:
    with pytest.raises(AttributeError):
        delivery.state = DeliveryState.DONE


def test_a_transition_moves_the_object_and_the_save_moves_the_row(delivery: Delivery) -> None:
    delivery.finish()
    assert delivery.state == DeliveryState.DONE
    assert Delivery.objects.get().state == DeliveryState.PENDING
    delivery.save(update_fields=["state"])
    assert Delivery.objects.get().state == DeliveryState.DONE


def test_a_transition_from_elsewhere_is_refused(delivery: Delivery) -> None:
    delivery.finish()
    with pytest.raises(TransitionNotAllowed):
        delivery.park()
    with pytest.raises(TransitionNotAllowed):
        delivery.finish()


def test_a_stale_save_is_refused_and_changes_nothing(delivery: Delivery) -> None:
    stale = Delivery.objects.get(pk=delivery.pk)
    delivery.finish()
    delivery.save(update_fields=["state"])
    stale.park()
    stale.last_error = "too late"
    with pytest.raises(StaleState, match="is no longer PENDING"), savepoint():
        stale.save(update_fields=["state", "last_error"])
    with pytest.raises(StaleState), savepoint():  # not even what has nothing to do with the state
        stale.save(update_fields=["last_error"])
    again = Delivery.objects.get(pk=delivery.pk)
    assert (again.state, again.last_error) == (DeliveryState.DONE, "")


def test_an_object_can_be_saved_again_after_its_own_move(delivery: Delivery) -> None:
    delivery.park()
    delivery.save(update_fields=["state"])
    delivery.revive()
    delivery.save(update_fields=["state"])
    delivery.tries = 3
    delivery.save()
    again = Delivery.objects.get()
    assert (again.state, again.tries) == (DeliveryState.PENDING, 3)


def test_refreshing_in_place_is_refused(delivery: Delivery) -> None:
    with pytest.raises(TypeError, match="Read the row anew"):
        delivery.refresh_from_db()
    with pytest.raises(TypeError):
        delivery.refresh_from_db(fields=["tries"])


def test_reading_rows_without_their_state_costs_one_query(
    delivery: Delivery, django_assert_num_queries: Callable[[int], Any]
) -> None:
    with django_assert_num_queries(1):
        (partly,) = Delivery.objects.only("id", "tries")
    partly.tries = 2
    partly.save(update_fields=["tries"])
    assert Delivery.objects.get().tries == 2


def refused(change: Callable[[], object]) -> bool:
    try:
        with savepoint():
            change()
    except DatabaseError:
        return True
    return False


def test_postgresql_refuses_what_no_transition_allows(delivery: Delivery) -> None:
    Delivery.objects.update(state=DeliveryState.DONE)
    assert refused(lambda: Delivery.objects.update(state=DeliveryState.PENDING))
    assert refused(lambda: Delivery.objects.update(state="NONSENSE"))
    assert refused(lambda: Delivery.objects.all().delete())
    begun = Delivery(event=delivery.event, consumer="desk", next_at=clock.now(), state=DeliveryState.DONE)
    assert refused(begun.save)
    assert Delivery.objects.get().state == DeliveryState.DONE


@pytest.mark.parametrize(
    ("model", "edges"),
    [(Payment, PAYMENT_EDGES), (Attempt, ATTEMPT_EDGES), (Refund, REFUND_EDGES), (Delivery, DELIVERY_EDGES)],
)
def test_the_transitions_are_the_edges_that_postgresql_keeps(model: type[models.Model], edges: Any) -> None:
    assert declared_edges(model) == {(str(before), str(to)) for before, after in edges.items() for to in after}

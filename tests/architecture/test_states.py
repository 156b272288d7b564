"""One set of edges: the tables in states.py, the models' transitions, PostgreSQL's triggers, docs/states.md."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import connection, models
from django.utils.module_loading import import_string

from payhub.fsm import declared_edges
from payhub.management.commands.states import page, stateful_models
from tests.architecture.sources import ROOT

TABLES = {
    "Payment": "cashier.states.PAYMENT_EDGES",
    "Attempt": "cashier.states.ATTEMPT_EDGES",
    "Refund": "cashier.states.REFUND_EDGES",
    "Order": "orders.states.ORDER_EDGES",
    "Complaint": "orders.states.COMPLAINT_EDGES",
    "Bill": "reconciliation.states.BILL_EDGES",
    "Difference": "reconciliation.states.DIFFERENCE_EDGES",
    "Delivery": "payhub.outbox.models.DELIVERY_EDGES",
}
name_of = pytest.mark.parametrize("model", stateful_models(), ids=lambda model: model.__name__)


def in_table(model: type[models.Model]) -> set[tuple[str, str]]:
    table: Mapping[str, tuple[str, ...]] = import_string(TABLES[model.__name__])
    return {(str(before), str(after)) for before, afters in table.items() for after in afters}


@name_of
def test_the_transitions_of_a_model_are_the_edges_of_its_table(model: type[models.Model]) -> None:
    assert declared_edges(model) == in_table(model)


@name_of
@pytest.mark.django_db
def test_the_database_knows_the_same_edges(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
            "WHERE t.tgrelid = %s::regclass AND t.tgname LIKE 'pgtrigger_state_edges%%' AND t.tgenabled = 'O'",
            [model._meta.db_table],
        )
        ((source,),) = cursor.fetchall()
    listed = re.search(r"ANY\('\{(.*?)\}'", source)
    assert listed is not None
    assert {tuple(pair.split(":")) for pair in listed[1].split(",")} == in_table(model)


@name_of
def test_every_state_can_be_reached(model: type[models.Model]) -> None:
    field: Any = model._meta.get_field("state")
    reached, edges = {str(field.default)}, in_table(model)
    while more := {after for before, after in edges if before in reached} - reached:
        reached |= more
    assert reached == {value for value, _ in field.choices}


def test_the_page_about_states_is_what_the_models_say() -> None:
    assert (ROOT / "docs" / "states.md").read_text() == page(), "run: python manage.py states > docs/states.md"

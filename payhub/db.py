"""Transactions, as verbs that each mean one thing. Nobody else touches django.db.transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, models, transaction  # noqa: TID251 - the one door


class OpenTransaction(RuntimeError):
    """Something that must not happen inside a transaction was about to."""


def _is_open() -> bool:
    """Tell whether the code under way opened a transaction (a test case's own does not count)."""
    return any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks)


@contextmanager
def committed() -> Iterator[None]:
    """Run the block in one transaction that is committed when the block ends; raise when one is open already.

    Durable on purpose: whoever reads past this block may rely on its rows being there after a crash.
    """
    with transaction.atomic(durable=True):
        yield


@contextmanager
def savepoint() -> Iterator[None]:
    """Run the block so that an error inside undoes the block only; raise when no transaction is open."""
    if not connection.in_atomic_block:
        raise OpenTransaction("A savepoint needs an open transaction; use committed().")
    with transaction.atomic():
        yield


def after_commit(call: Callable[[], object]) -> None:
    """Call when the open transaction has been committed; raise when none is open (it would run at once and hide it).

    For hints only: a crash between commit and call loses the call. What must happen is a row.
    """
    if not connection.in_atomic_block:
        raise OpenTransaction("Nothing is open that could be committed; call directly instead.")
    transaction.on_commit(call, robust=True)


def refuse_open_transaction(what: str) -> None:
    """Raise OpenTransaction when a transaction is open: an outgoing call would hold its locks while it waits."""
    if _is_open():
        raise OpenTransaction(f"{what} inside a transaction: commit the intent first, call, then commit the outcome.")


def require_transaction(what: str) -> None:
    """Raise OpenTransaction when no transaction is open: a lock or an event without one guards nothing."""
    if not connection.in_atomic_block:
        raise OpenTransaction(f"{what} outside a transaction: it would be gone at once.")


def insert_once(row: models.Model) -> bool:
    """Insert the row unless one with the same unique values is there; tell whether it was inserted. One statement.

    A concurrent insert of the same values is waited for, so "not inserted" means: it is committed already.
    """
    model = type(row)
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    pk = quote(str(model._meta.pk.column))
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({marks})"  # noqa: S608 - names of the model
    with connection.cursor() as cursor:
        cursor.execute(f"{insert} ON CONFLICT DO NOTHING RETURNING {pk}", values)
        found = cursor.fetchone()
    if found is None:
        return False
    row.pk = found[0]
    row._state.adding = False
    row._state.db = connection.alias
    return True

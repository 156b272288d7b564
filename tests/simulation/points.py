"""Where a process may die or give way in the database: every statement, before and after every commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable
from psycopg.pq import TransactionStatus

from tests.simulation.kernel import Kernel

_WRITES = ("INSERT", "UPDATE", "DELETE")


class Points:
    """Put around the connections of the crew once; the kernel of the day gets every point."""

    def __init__(self) -> None:
        self.kernel: Kernel | None = None
        self.committed: Callable[[], None] = lambda: None  # called after every commit that wrote something
        self._wrote: set[int] = set()

    def prepare(self, connection: Any) -> None:
        """Watch one connection from now on (Django has no wrapper around COMMIT)."""
        commit, rollback = connection._commit, connection._rollback
        connection.execute_wrappers.append(self._statement)
        connection._commit = lambda: self._commit(connection, commit)
        connection._rollback = lambda: self._rollback(connection, rollback)

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        kernel, connection = self.kernel, context["connection"]
        if kernel is None or kernel.current is None:
            return execute(sql, params, many, context)
        kernel.point(f"{sql} {params!r}")
        if kernel.current.in_process and kernel.draws("statement_error"):
            kernel.refuse("the connection was reset")
        writes = sql.lstrip().startswith(_WRITES)
        if (writes or _locks(sql)) and kernel.lock_may_be_held():
            result = self._patiently(kernel, connection, lambda: execute(sql, params, many, context))
        else:
            result = self._at_once(kernel, lambda: execute(sql, params, many, context))
        if not writes:
            return result
        if connection.in_atomic_block:
            self._wrote.add(id(connection))
        else:
            kernel.transaction_ended()
            self.committed()
            kernel.point("written")
        return result

    def _at_once(self, kernel: Kernel, execute: Callable[[], Any]) -> Any:
        """Execute what nobody of the history can hold up."""
        try:
            return execute()
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                kernel.refuse("the server held a lock of its own")  # autovacuum of a catalog: no fault of payhub
            raise

    def _patiently(self, kernel: Kernel, connection: BaseDatabaseWrapper, execute: Callable[[], Any]) -> Any:
        """Execute; when a parked actor holds the lock (only one ever runs), wait until a transaction has ended."""
        raw: Any = connection.connection
        while True:
            # Django begins with the first statement, and is out of its block when it commits.
            within = connection.in_atomic_block or raw.info.transaction_status is not TransactionStatus.IDLE
            if within:
                raw.execute("SAVEPOINT simulated")
            try:
                result = execute()
            except OperationalError as error:
                if not isinstance(error.__cause__, LockNotAvailable):
                    raise
                if within:
                    raw.execute("ROLLBACK TO SAVEPOINT simulated")
                kernel.wait_for_lock()
                continue
            if within:
                raw.execute("RELEASE SAVEPOINT simulated")
            return result

    def _commit(self, connection: BaseDatabaseWrapper, commit: Callable[[], None]) -> None:
        kernel = self.kernel
        wrote = id(connection) in self._wrote
        self._wrote.discard(id(connection))
        if kernel is None or kernel.current is None:
            return commit()
        kernel.point("COMMIT")
        if wrote and kernel.draws("no_commit"):
            kernel.refuse("the connection was lost before COMMIT")
        if wrote and kernel.lock_may_be_held():
            # The foreign keys' rows are locked at COMMIT, which cannot be tried again.
            self._patiently(kernel, connection, lambda: _check_constraints(connection))
        commit()
        kernel.transaction_ended()
        if wrote:
            self.committed()
            if kernel.draws("unknown_commit"):
                kernel.refuse("the connection was lost after COMMIT")
        kernel.point("committed")
        return None

    def _rollback(self, connection: BaseDatabaseWrapper, rollback: Callable[[], None]) -> None:
        self._wrote.discard(id(connection))
        rollback()
        if self.kernel is not None:
            self.kernel.transaction_ended()


def _check_constraints(connection: Any) -> None:
    with connection.wrap_database_errors:
        connection.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _locks(sql: str) -> bool:
    return ("FOR UPDATE" in sql and "SKIP LOCKED" not in sql) or "pg_advisory_xact_lock" in sql

"""The threads that actors run in: one connection each, reused from history to history. Only one ever runs."""

from __future__ import annotations

import threading
from collections.abc import Callable

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


class Worker(threading.Thread):
    """One thread and its connection. `go` is its end of the baton."""

    def __init__(self, prepare: Callable[[BaseDatabaseWrapper], None], number: int) -> None:
        super().__init__(name=f"simulated-{number}", daemon=True)
        self.go = threading.Semaphore(0)
        self.job: Callable[[], None] | None = None
        self.connection: BaseDatabaseWrapper | None = None
        self._prepare = prepare

    def run(self) -> None:
        """Do one job after the other; a missing one is the end."""
        self.connection = connections["default"]
        self.connection.ensure_connection()
        self._prepare(self.connection)
        self.go.acquire()
        while self.job is not None:
            self.job()
            self.go.acquire()
        self.connection.close()


class Crew:
    """The workers that wait for a job, the one that waits longest first."""

    def __init__(self, prepare: Callable[[BaseDatabaseWrapper], None]) -> None:
        self._prepare = prepare
        self._all: list[Worker] = []
        self._free: list[Worker] = []

    def hire(self) -> Worker:
        """Return a free worker."""
        if self._free:
            return self._free.pop(0)
        worker = Worker(self._prepare, len(self._all))
        self._all.append(worker)
        worker.start()
        return worker

    def free(self, worker: Worker) -> None:
        """Take a worker back that has done its job."""
        self._free.append(worker)

    def dismiss(self) -> None:
        """End all threads and close their connections."""
        for worker in self._all:
            worker.job = None
            worker.go.release()
            worker.join(timeout=10)
        self._all, self._free = [], []

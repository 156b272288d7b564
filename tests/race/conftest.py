"""Real threads with a connection each, started at the same moment, round after round."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connections

T = TypeVar("T")
THREADS = 32


class Together:
    """Runs functions at the same moment in threads that keep their connections from round to round."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=THREADS)

    def run(self, calls: Sequence[Callable[[], T]]) -> list[T | Exception]:
        """Start all calls at once; return what each returned or raised, in order."""
        barrier = threading.Barrier(len(calls))

        def at_once(call: Callable[[], T]) -> T | Exception:
            barrier.wait(timeout=30)
            try:
                return call()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return error

        return list(self._pool.map(at_once, calls))

    def close(self) -> None:
        """Close every thread's connection."""
        barrier = threading.Barrier(THREADS)

        def close() -> None:
            barrier.wait(timeout=30)
            connections.close_all()

        list(self._pool.map(lambda _: close(), range(THREADS)))
        self._pool.shutdown()


@pytest.fixture
def together() -> Iterator[Together]:
    """The threads of one test."""
    it = Together()
    yield it
    it.close()

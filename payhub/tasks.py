"""Waking workers. The only caller of Celery's delay; carries ids, never data; losing a wake loses nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

# A wake that no worker took for so long is dropped: the sweeps have done its work, and a backlog helps nobody.
EXPIRES_S = 30

Send = Callable[[str, Mapping[str, int | str]], None]


def _to_broker(task_name: str, ids: Mapping[str, int | str]) -> None:
    current_app.send_task(task_name, kwargs=dict(ids), ignore_result=True, retry=False, expires=EXPIRES_S)


_send: Send = _to_broker


def wake(task_name: str, **ids: int | str) -> None:
    """Ask a worker to run `task_name` soon. A broker that is away only makes it later: the sweeps find the row."""
    try:
        _send(task_name, ids)
    except (OperationalError, OSError) as error:
        log.warning("could not wake %s (%s); the sweep will do it", task_name, type(error).__name__)


@contextmanager
def replaced_by(send: Send) -> Iterator[None]:
    """Hand every wake to `send(task_name, ids)` inside the block, in every thread. For tests and the simulation only."""
    global _send  # noqa: PLW0603 - the seam itself
    before, _send = _send, send
    try:
        yield
    finally:
        _send = before

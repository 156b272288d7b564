"""Waking workers. The only caller of Celery's delay; carries ids, never data; losing a wake loses nothing."""

from __future__ import annotations

import logging

from celery import current_app
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

# A wake that no worker took for so long is dropped: the sweeps have done its work, and a backlog helps nobody.
EXPIRES_S = 30


def wake(task_name: str, **ids: int | str) -> None:
    """Ask a worker to run `task_name` soon. A broker that is away only makes it later: the sweeps find the row."""
    try:
        current_app.send_task(task_name, kwargs=ids, ignore_result=True, retry=False, expires=EXPIRES_S)
    except (OperationalError, OSError) as error:
        log.warning("could not wake %s (%s); the sweep will do it", task_name, type(error).__name__)

"""Keeping a channel that fails or hangs away from new attempts, so that it holds up nobody else.

The breaker is per account and shared by all processes (the account's row, written on failures only); the slots are
per process. Queries use neither: what was begun is always brought to its end.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import F

from cashier.channels.base import Outcome
from cashier.errors import ChannelBusy, ChannelDown
from cashier.models import ChannelAccount

FAILURES_IN_A_ROW = 5
BROKEN_FOR_S = 30
# Of a web process's threads, so many may wait for one channel; the others stay free for the rest.
SLOTS = 6
WAIT_FOR_SLOT_S = 1.0

_slots: defaultdict[str, threading.BoundedSemaphore] = defaultdict(lambda: threading.BoundedSemaphore(SLOTS))


def is_broken(account: ChannelAccount, now: datetime) -> bool:
    """Tell whether new attempts are kept away from the account for now."""
    return account.broken_until is not None and now < account.broken_until


def refuse_broken(account: ChannelAccount, now: datetime) -> None:
    """Raise ChannelDown while the account is broken off. Afterwards the next attempt tries it."""
    if is_broken(account, now):
        raise ChannelDown


def note_create(account: ChannelAccount, outcome: Outcome, now: datetime) -> None:
    """Count creates without an answer; break the account off after too many in a row, mend it after a good one."""
    if outcome is Outcome.UNKNOWN:
        ChannelAccount.objects.filter(pk=account.pk).update(failures=F("failures") + 1)
        ChannelAccount.objects.filter(pk=account.pk, failures__gte=FAILURES_IN_A_ROW).update(
            broken_until=now + timedelta(seconds=BROKEN_FOR_S)
        )
    elif account.failures:
        ChannelAccount.objects.filter(pk=account.pk).update(failures=0, broken_until=None)


@contextmanager
def slot(channel: str) -> Iterator[None]:
    """Hold one of this process's slots for calls of the channel; raise ChannelBusy when none comes free."""
    slots = _slots[channel]
    if not slots.acquire(timeout=WAIT_FOR_SLOT_S):
        raise ChannelBusy
    try:
        yield
    finally:
        slots.release()

"""The sweep that runs due bills, woken at once where a person waits for it; it comes by itself as well."""

from __future__ import annotations

from functools import partial

from payhub.db import after_commit
from payhub.tasks import wake


def wake_sweep() -> None:
    """Wake the sweep when the open transaction has committed."""
    after_commit(partial(wake, "reconciliation.run_due"))

"""payhub without one of its safety features, to see what it costs. For the benchmark alone: it is not safe, on purpose.

BENCH_WITHOUT names the feature. Triggers are no code: they are taken from the database (`bench.speed`).
"""

from __future__ import annotations

import os

from payhub.wsgi import application  # first: it sets Django up

from cashier.services import ledger, pay, pending, settle  # isort: skip

__all__ = ["application"]


def _nothing(*_: object, **__: object) -> None:
    return


def leave_out(feature: str) -> None:
    """Leave a feature out of paying and settling in this process."""
    if feature == "trail":
        for module in (pay, pending, settle):
            setattr(module, "record", _nothing)  # noqa: B010 - a module is typed as it is written
    elif feature == "ledger":
        setattr(ledger, "_book", _nothing)  # noqa: B010 - the same; the one door of all bookings
    elif feature == "outbox":
        setattr(settle, "emit", _nothing)  # noqa: B010 - the same


leave_out(os.environ["BENCH_WITHOUT"])

"""What several planted bugs do: something that belongs into the transaction comes after it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from payhub.db import after_commit, committed
from tests.simulation.kernel import Injected


def later(call: Callable[..., Any]) -> Callable[..., None]:
    """Return the call, made in a transaction of its own after the open one was committed."""

    def put_off(*arguments: Any, **named: Any) -> None:
        after_commit(lambda: in_its_own(lambda: call(*arguments, **named)))

    return put_off


def in_its_own(call: Callable[[], Any]) -> None:
    """Make the call in a transaction of its own; nobody hears of its failure."""
    with suppress(Injected), committed():
        call()

"""Which channel is asked which question."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from _pytest.mark.structures import MarkDecorator

from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart

every_channel = pytest.mark.parametrize("side", COUNTERPARTS, indirect=True)


def every_channel_where(holds: Callable[[type[Counterpart]], bool]) -> MarkDecorator:
    """Ask every channel for which `holds` is true."""
    return pytest.mark.parametrize("side", [code for code, side in COUNTERPARTS.items() if holds(side)], indirect=True)


def every_call(of: Callable[[type[Counterpart]], Iterable[str]] = lambda side: side.talks) -> MarkDecorator:
    """Ask every channel about every one of its calls that `of` names."""
    cases = [(code, call) for code, side in COUNTERPARTS.items() for call in of(side)]
    return pytest.mark.parametrize(("side", "call"), cases, indirect=["side"])

"""Fixtures of the adapters' tests."""

from __future__ import annotations

import pytest

from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Counterpart:
    """The other side of the channel that the test names (or of every channel in turn)."""
    return COUNTERPARTS[request.param]()

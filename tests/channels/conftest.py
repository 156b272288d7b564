"""Fixtures of the adapters' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.counterparts import COUNTERPARTS
from tests.channels.counterparts.base import Counterpart
from tests.channels.live_side import Live
from tests.sandbox.server import Sandbox, listening, running


@pytest.fixture
def side(request: pytest.FixtureRequest) -> Counterpart:
    """The other side of the channel that the test names (or of every channel in turn)."""
    return COUNTERPARTS[request.param]()


@pytest.fixture(scope="session")
def sandbox_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox, for all these tests."""
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture
def live(request: pytest.FixtureRequest, sandbox_process: Sandbox) -> Iterator[Live]:
    """The adapter of the channel and method that the test names, against an empty sandbox."""
    sandbox_process.post("/reset")
    code, method = request.param
    with listening() as merchant:
        yield Live(code, method, sandbox_process, merchant)

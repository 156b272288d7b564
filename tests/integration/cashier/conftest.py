"""The small world of tests.played.world, ready to act."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from cashier.models import ChannelAccount
from payhub.merchants.models import Merchant
from tests.conftest import MovedClock
from tests.played.channel import Books
from tests.played.world import World


@pytest.fixture
def make_world(
    alpha_account: ChannelAccount,
    beta_account: ChannelAccount,
    alpha: Books,
    beta: Books,
    moved_clock: MovedClock,
    no_wakes: object,
    heard: object,
) -> Callable[[], World]:
    """Make the world of one test: a clock that stands, a broker that is dead, two channels with empty books."""
    return lambda: World(
        merchant=Merchant.objects.get(),
        accounts={"alpha": alpha_account, "beta": beta_account},
        sides={"alpha": alpha, "beta": beta},
        clock=moved_clock,
    )


@pytest.fixture
def world(make_world: Callable[[], World]) -> World:
    """The world under the strict policy."""
    return make_world()

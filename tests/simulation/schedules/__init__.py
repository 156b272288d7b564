"""Schedules made by hand: each is the reason why one lock, lease, index or order of steps exists."""

from __future__ import annotations

from tests.simulation.schedules.paying import PAYING
from tests.simulation.schedules.refunding import REFUNDING
from tests.simulation.schedules.schedule import Schedule
from tests.simulation.schedules.settling import SETTLING
from tests.simulation.schedules.telling import TELLING

SCHEDULES: tuple[Schedule, ...] = (*PAYING, *SETTLING, *REFUNDING, *TELLING)

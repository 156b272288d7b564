"""The only randomness of the simulation: a named, seeded stream."""

from __future__ import annotations

from random import Random  # noqa: TID251 - seeded, and never of payhub


class Chance(Random):
    """A stream of its own for every purpose, so that one does not disturb the others."""

    def __init__(self, purpose: str, seed: int) -> None:
        super().__init__(f"{purpose}:{seed}")

"""The nemesis: a seeded plan of what is struck when. Only processes that the run has started are ever struck."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random  # noqa: TID251 - seeded, and never of payhub

PROGRAMS = ("web", "worker1", "worker2", "beat1", "beat2")
SERVERS = ("PostgreSQL", "Valkey")
FAULTS = (
    {"kind": "drop", "call": "notify", "count": 3, "sends": 2},
    {"kind": "repeat", "call": "notify", "count": 3, "times": 3, "parallel": True},
    {"kind": "delay", "call": "notify", "count": 3, "delay_s": 5},
    {"kind": "slow", "call": "create", "count": 2, "wait_s": 4},
    {"kind": "late_effect", "call": "create", "count": 1, "wait_s": 6},
    {"kind": "timeout_after", "call": "create", "count": 1, "wait_s": 6},
    {"kind": "timeout_after", "call": "refund", "count": 2, "wait_s": 11},
    {"kind": "cut_after", "call": "close", "count": 2},
    {"kind": "http_500", "call": "query", "count": 3},
    {"kind": "not_paid_yet", "call": "query", "count": 3},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One blow: kill (the whole group), behead (the main process alone), stop, kill_server, flush, terminate, fault."""

    at_s: float
    how: str
    whom: str = ""
    for_s: float = 0.0  #: How long it stands still, or stays away.
    fault: int = 0  #: Which of FAULTS.

    def __str__(self) -> str:
        what = FAULTS[self.fault] if self.how == "fault" else self.whom
        return f"{self.at_s:6.1f} s  {self.how} {what} {f'for {self.for_s:.1f} s' if self.for_s else ''}".rstrip()


def plan(seed: int, seconds: float) -> list[Strike]:
    """Draw the whole plan: every kind of blow comes before one comes again, a few seconds apart."""
    chance, strikes, deck = Random(f"nemesis:{seed}"), [], list[tuple[str, str]]()
    at_s = 2.0
    while at_s < seconds:
        if not deck:
            deck = _deck()
            chance.shuffle(deck)
        how, whom = deck.pop()
        away_s = chance.uniform(1, 5) if how == "stop" else 0.0
        strikes.append(Strike(at_s=at_s, how=how, whom=whom, for_s=away_s, fault=chance.randrange(len(FAULTS))))
        at_s += chance.uniform(0.5, 3)
    return strikes


def _deck() -> list[tuple[str, str]]:
    blows = [
        (how, whom) for how in ("kill", "behead", "stop") for whom in PROGRAMS if how != "behead" or "beat" not in whom
    ]
    blows += [("kill_server", server) for server in SERVERS] + [("stop", server) for server in SERVERS]
    return blows + [("flush", ""), ("terminate", "")] * 2 + [("fault", "")] * 6

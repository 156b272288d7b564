"""What one history is made of: everything that its seed draws, as plain numbers that the shrinker can take away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tests.simulation.chance import Chance

RATES = (0.0, 0.0, 0.02, 0.1, 0.3)
FAULTS = (
    "lost",  # the call never reaches the channel
    "cut",  # the channel acts, its answer is lost
    "late",  # the channel acts after we gave up waiting
    "slow",  # the answer takes seconds
    "lag",  # the channel's copy that answers queries is behind
    "lying_close",  # "closed", and yet somebody who was typing the password pays
    "declined",  # the channel says for certain: never
    "refused_refund",  # the channel says for certain: not now
    "slow_refund",  # accepted now, returned (or refused) later
    "wrong_amount",  # the channel collects another amount
    "paid_twice",  # one number collects twice
    "notice_lost",
    "notice_late",
    "notice_twice",
    "wrong_notice",  # authentic, but about a number of another account
    "hook_lost",  # a webhook does not reach the merchant
    "hook_cut",  # it does, and its answer is lost
    "hook_late",  # it does when we gave up waiting, maybe after later ones
    "hook_refused",  # the merchant answers 503
    "bill_missing",  # the bill lacks a line of what we know
    "bill_extra",  # it has money that nobody asked for
    "bill_amount",  # a line has another amount than was paid
    "bill_double",  # a line stands there twice
    "bill_shift",  # a line near midnight stands in the next day's bill
    "bill_late",  # it comes when it counts as missing
    "bill_unusable",  # its totals are wrong at first
    "bill_unreadable",  # a line cannot be read
    "wake_lost",
    "wake_late",
    "wake_twice",
    "crash",  # a process dies at a point
    "freeze",  # a process stands still at a point for a while
    "no_commit",  # the connection is lost at COMMIT, which did not happen
    "unknown_commit",  # the connection is lost at COMMIT, which happened
    "statement_error",  # the database refuses a statement
)
BEFORE_MIDNIGHT_S = 14 * 3600 - 150  # half of the trouble is on one day of the channel's, half on the next
QUIET = dict.fromkeys(FAULTS, 0.0)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One history before it is run."""

    seed: int
    profile: str = "swarm"
    faults: dict[str, float]
    orders: int = 1
    tabs: int = 1  # windows of one shopper at the same time
    clicks: int = 2  # in each
    think_ms: int = 8000  # between clicks, at most
    switching: float = 0.5  # how often a click is about another method than the last one
    paying: float = 0.8  # how often a shown code is paid
    dawdling_s: int = 20  # how long that takes at most
    cancelling: float = 0.0
    closing: float = 0.0  # how often a shopper gives the live attempt up
    declaring: float = 0.0  # how often one who cannot go on declares "not charged" and pays again
    by_page: bool = False  # clicks go through the counter's pages, not straight to the services
    refunds: int = 0  # asked for by staff, an order
    staff: int = 2  # who decide at the same time
    switch: float = 0.3  # how often another actor goes on at a point
    strict: bool = True
    accepts_late: bool = False
    automatic: bool = True
    no_notices: bool = False  # layers that are switched off for the whole history
    no_queries: bool = False
    no_bill: bool = False
    no_wakes: bool = False
    no_beat: bool = False  # only while there is trouble
    trouble_s: int = 300
    begins_s: int = 0  # after ten in the morning
    troubled_books: bool = False  # whether the bills come in trouble, too
    asking: bool = False  # whether the merchant asks now and then
    crash_at: int = 0  # 0: by chance alone

    @property
    def days(self) -> int:
        """How many days' bills are looked at."""
        return 2 if self.begins_s else 1

    def changed(self, changes: Mapping[str, Any]) -> Plan:
        """Return the plan with fields (or fault rates) set by name."""
        known = {f.name for f in fields(self)}
        rates = {name: float(value) for name, value in changes.items() if name not in known}
        own = {name: _like(getattr(self, name), value) for name, value in changes.items() if name in known}
        return replace(self, **own, faults={**self.faults, **rates})

    def changes(self) -> dict[str, Any]:
        """Return what differs from the plan that the seed draws, by name: what `changed` takes."""
        drawn = draw(self.seed, self.profile)
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "faults"}
        differing = {name: value for name, value in own.items() if value != getattr(drawn, name)}
        rates = {name: rate for name, rate in self.faults.items() if rate != drawn.faults[name]}
        return {**{name: int(v) if isinstance(v, bool) else v for name, v in differing.items()}, **rates}

    def told(self) -> str:
        """Return everything that differs from a calm history."""
        own = [f"{f.name}={getattr(self, f.name)!r}" for f in fields(self) if f.name not in {"faults", "seed"}]
        return " ".join(own + [f"{name}={rate}" for name, rate in self.faults.items() if rate])


def _like(known: Any, value: Any) -> Any:
    return bool(int(value)) if isinstance(known, bool) else type(known)(value)


def draw(seed: int, profile: str) -> Plan:
    """Draw the plan of a seed."""
    return PROFILES[profile](seed, Chance(f"plan of {profile}", seed))


def _swarm(seed: int, chance: Chance) -> Plan:
    layer = chance.choice(("", "", "", "", "no_notices", "no_queries", "no_bill", "no_wakes", "no_beat"))
    faults = {name: chance.choice(RATES) for name in FAULTS}
    # A point is passed hundreds of times in a history.
    for name, share in (("crash", 0.05), ("freeze", 0.02), ("no_commit", 0.1), ("unknown_commit", 0.1)):
        faults[name] *= share
    faults["statement_error"] *= 0.02
    if not layer and chance.random() < 0.6:
        layer = "no_bill"
    if layer == "no_bill":
        # What only the bill can tell when the notice is lost.
        faults.update(dict.fromkeys(("lying_close", "paid_twice", "wrong_notice"), 0.0))
    plan = Plan(
        seed=seed,
        faults=faults,
        orders=chance.choice((1, 1, 2)),
        tabs=chance.choice((1, 1, 2)),
        clicks=chance.choice((1, 2, 3, 4)),
        think_ms=chance.choice((50, 3000, 30_000)),
        switching=chance.choice((0.0, 0.5, 1.0)),
        paying=chance.choice((0.5, 1.0)),
        cancelling=chance.choice((0.0, 0.0, 0.5)),
        refunds=chance.choice((0, 0, 1, 2)),
        closing=chance.choice((0.0, 0.3)),
        declaring=chance.choice((0.0, 1.0)),
        by_page=chance.random() < 0.4,
        switch=chance.choice((0.0, 0.1, 0.5)),
        strict=chance.random() < 0.75,
        accepts_late=chance.random() < 0.3,
        automatic=chance.random() < 0.7,
        begins_s=chance.choice((0, 0, 0, BEFORE_MIDNIGHT_S)),
        troubled_books=chance.random() < 0.5,
        asking=chance.random() < 0.2,
    )
    return plan.changed({layer: 1}) if layer else plan


def _two_clicks(seed: int, chance: Chance) -> Plan:
    """Two clicks 50 ms apart on two methods, with a slow prepay: what close must never overtake."""
    faults = {**QUIET, "slow": 0.7, "late": 0.2, "lag": chance.choice((0.0, 0.3)), "lost": chance.choice((0.0, 0.2))}
    return Plan(
        seed=seed, profile="two_clicks", faults=faults, tabs=2, clicks=chance.choice((1, 2)), think_ms=50,
        switching=1.0, paying=1.0, switch=0.5, trouble_s=120, no_bill=True,
    )  # fmt: skip


def _refunds(seed: int, chance: Chance) -> Plan:
    """Staff who ask and approve at the same moment, and a channel that loses the answers to refunds."""
    faults = {name: chance.choice(RATES) for name in ("lost", "cut", "slow_refund", "refused_refund", "wake_twice")}
    faults["crash"] = chance.choice((0.0, 0.01))
    return Plan(
        seed=seed, profile="refunds", faults={**QUIET, **faults}, clicks=1, paying=1.0, refunds=3, staff=3,
        switch=0.5, switching=0.0, automatic=chance.random() < 0.5, no_bill=chance.random() < 0.8,
    )  # fmt: skip


def _late_money(seed: int, chance: Chance) -> Plan:
    """Money that comes when the payment has ended, is paid already, or is not the amount asked."""
    faults = {
        "lying_close": 0.6,
        "paid_twice": 0.2,
        "wrong_amount": 0.2,
        "notice_lost": 0.5,
        "crash": 0.005,
        "lost": 0.3,
    }
    return Plan(
        seed=seed, profile="late_money", faults={**QUIET, **faults}, clicks=3, think_ms=20_000, switching=1.0,
        paying=0.9, cancelling=0.5, switch=0.3, strict=chance.random() < 0.5, accepts_late=chance.random() < 0.5,
        no_queries=chance.random() < 0.3, declaring=chance.choice((0.0, 1.0)),
    )  # fmt: skip


def _books(seed: int, chance: Chance) -> Plan:
    """Bills with every mistake that a channel makes, read by processes that die, two days of them."""
    names = [name for name in FAULTS if name.startswith("bill_")]
    faults = {name: chance.choice((0.0, 0.3, 0.6)) for name in names}
    faults |= {"crash": chance.choice((0.0, 0.005)), "notice_lost": 0.5, "paid_twice": 0.2, "wake_twice": 0.3}
    return Plan(
        seed=seed, profile="books", faults={**QUIET, **faults}, orders=2, clicks=1, paying=1.0, refunds=1,
        switch=chance.choice((0.0, 0.3)), switching=0.0, troubled_books=True, begins_s=chance.choice((0, BEFORE_MIDNIGHT_S)),
    )  # fmt: skip


def _silent(seed: int, chance: Chance) -> Plan:
    """Nothing goes wrong, but no channel ever tells anything: what asking alone finds out, and how soon."""
    return Plan(
        seed=seed, profile="silent", faults=dict(QUIET), clicks=chance.choice((1, 2, 3)), tabs=chance.choice((1, 2)),
        paying=0.7, dawdling_s=150, switch=0.1, no_notices=True, no_bill=True, cancelling=chance.choice((0.0, 0.3)),
        think_ms=chance.choice((50, 30_000)),
    )  # fmt: skip


def _calm(seed: int, chance: Chance) -> Plan:
    return Plan(seed=seed, profile="calm", faults=dict(QUIET), clicks=1, paying=1.0, switch=0.0)


PROFILES = {
    "swarm": _swarm,
    "two_clicks": _two_clicks,
    "refunds": _refunds,
    "late_money": _late_money,
    "books": _books,
    "silent": _silent,
    "calm": _calm,
}

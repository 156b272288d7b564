"""One history: trouble, healing, the bill, rest; then everything must have come to its right end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.bookkeeping import Bookkeepers
from tests.simulation.ground import Ground
from tests.simulation.kernel import Count
from tests.simulation.people import AMOUNTS, People
from tests.simulation.plan import Plan
from tests.simulation.unfinished import UNFINISHED
from tests.simulation.virtual_clock import SECOND
from tests.simulation.world import Order, World

ROUND_S = 30
ROUNDS = 120  # an hour of virtual time to come to rest
HOUR_S = 3600
DAY_S = 24 * HOUR_S
READY_AT_S = DAY_S + 60  # ten in the morning of the next day
HOURS = 48
ASKING = "orders.ask_waiting"
UNTOLD = "SELECT 1 FROM orders_webhookdelivery WHERE outcome = 'PENDING'"
OPEN_BILLS = (
    "SELECT 1 FROM (SELECT state, dense_rank() OVER (ORDER BY day_date) AS day FROM reconciliation_bill) b "
    "WHERE state <> 'CLOSED' AND day <= %s"
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What became of a history."""

    plan: Plan
    violation: str
    digest: str
    count: Count
    payments: int
    refunds: int
    lines: list[str] = field(repr=False)
    error: Exception | None = None


Begin = Callable[[People], None]


def come(people: People) -> None:
    """Let those come whom the plan names."""
    for number in range(people.plan.orders):
        people.come(Order(f"buyer{number}", people.chance.choice(AMOUNTS)))


def run(plan: Plan, ground: Ground, *, begin: Begin = come, keep_trace: bool = False) -> Result:
    """Run one history on the ground and judge it; `begin` lets its people begin."""
    ground.prepare(plan)
    world = World(plan, ground, keep_trace=keep_trace)
    with world.in_place():
        _live(world, begin)
        world.kernel.end()
    return Result(
        plan=plan,
        violation=world.kernel.violation,
        digest=world.trace.digest,
        count=world.kernel.count,
        payments=sum(len(deal.receipts) for deal in world.books.deals.values()),
        refunds=sum(len(deal.refunds) for deal in world.books.deals.values()),
        lines=world.trace.lines,
        error=world.kernel.error,
    )


def _live(world: World, begin: Begin) -> None:
    kernel, plan = world.kernel, world.plan
    people = People(world)
    begin(people)
    kernel.run(plan.trouble_s)
    kernel.healed = True
    world.trace.note("world", "healed")
    if not plan.no_queries:
        _come_to_rest(world, people)
    if not plan.no_bill:
        _bring_bills(world)
        if plan.no_queries:
            world.oracles.check_found()
    world.stopped.clear()
    _come_to_rest(world, people)
    _tell_everything(world)
    if not kernel.violation:
        world.oracles.check_rest()


def _come_to_rest(world: World, people: People) -> None:
    for _ in range(ROUNDS):
        if world.kernel.violation:
            return
        world.kernel.run(ROUND_S)
        if not world.look(UNFINISHED) and not world.kernel.is_busy:
            return
        world.kernel.spawn("staff tidies up", people.staff.tidy_up)


def _bring_bills(world: World) -> None:
    """Let the days end, their bills come, and the bookkeepers decide what differs."""
    kernel, keepers = world.kernel, Bookkeepers(world)
    for day in range(world.plan.days):
        world.stopped.add(ASKING)  # nights pass quickly: it would ask every five minutes, and nothing happens
        kernel.run((READY_AT_S + day * DAY_S) - world.clock.at / SECOND)
        world.stopped.discard(ASKING)
        kernel.healed = not world.plan.troubled_books
        world.broker.expect_bills()
        kernel.run(HOUR_S / 4)
        keepers.come()
        kernel.run(HOUR_S / 4)
        kernel.healed = True
    for _ in range(HOURS):
        if kernel.violation or not (kernel.is_busy or world.look(OPEN_BILLS, world.plan.days)):
            return
        world.broker.expect_bills()
        keepers.come()
        kernel.run(HOUR_S)


def _tell_everything(world: World) -> None:
    """Wait until every webhook has arrived: their retries take hours."""
    for _ in range(HOURS):
        if world.kernel.violation or not (world.kernel.is_busy or world.look(UNTOLD)):
            return
        world.kernel.run(HOUR_S)

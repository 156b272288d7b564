"""One history: trouble, healing, the bill, rest; then everything must have come to its right end."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial

from cashier.channels.base import BillLine, Fact, Outcome
from cashier.models import ChannelAccount
from cashier.services.channel_calls import channel_of
from cashier.services.settle import settle
from cashier.states import FactSource
from payhub import clock
from tests.simulation.ground import Ground
from tests.simulation.kernel import Count
from tests.simulation.people import AMOUNTS, People
from tests.simulation.plan import Plan
from tests.simulation.unfinished import UNFINISHED
from tests.simulation.world import Order, World

ROUND_S = 30
ROUNDS = 120  # an hour of virtual time to come to rest


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
        _send_bills(world)
        if plan.no_queries:
            kernel.run(2 * plan.trouble_s)  # what was notified has arrived
            _send_bills(world)
            world.oracles.check_found()
    world.queries_off = False
    _come_to_rest(world, people)
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


def _send_bills(world: World) -> None:
    """Bring every line of the day's bills through the one door."""
    for code, account in world.accounts.items():
        world.kernel.spawn(f"bill of {code}", partial(_read_bill, world, account.pk))
    world.kernel.run(60)


def _read_bill(world: World, account_id: int) -> None:
    result = world.kernel.process(lambda: take_bill_in(account_id))
    world.oracles.check_result("bill", result)


def take_bill_in(account_id: int) -> None:
    """Settle every line of an account's bill."""
    account = ChannelAccount.objects.get(pk=account_id)
    day, file, channel = date(2026, 5, 4), io.BytesIO(), channel_of(account)
    channel.fetch_bill(day, file)
    for line in channel.read_bill(file, day):
        if isinstance(line, BillLine):
            fact = Fact(
                outcome=Outcome.PAID,
                attempt_no=line.attempt_no,
                refund_no=line.refund_no,
                amount=line.amount,
                channel_trade_no=line.channel_trade_no,
            )
            settle(fact=fact, source=FactSource.BILL, account=account, now=clock.now())

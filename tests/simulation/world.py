"""Everything of one history in one place: who acts, what is true, what payhub sees of it through its seams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from unittest.mock import patch

from cashier.channels.registry import CHANNELS
from cashier.services import breaker, channel_calls
from orders.services import send_webhooks
from payhub import clock, numbers, tasks
from tests.simulation import cache
from tests.simulation.bills import Bills
from tests.simulation.books import Books, Deal, Stray
from tests.simulation.broker import Broker
from tests.simulation.chance import Chance
from tests.simulation.channel import PlayedChannel
from tests.simulation.courier import Courier
from tests.simulation.ground import Account, Ground
from tests.simulation.kernel import Kernel
from tests.simulation.oracles import Oracles
from tests.simulation.plan import Plan
from tests.simulation.receiver import Receiver
from tests.simulation.trace import Trace
from tests.simulation.virtual_clock import SECOND, VirtualClock


@dataclass
class Order:
    """What one buyer wants, once."""

    buyer: str
    minor: int
    number: str = ""  # known when one of the buyer's windows was told it
    payment_id: int = 0
    token: str = ""
    cancelled: bool = False  # by the merchant, whatever came of it


class World:
    """One history under way."""

    def __init__(self, plan: Plan, ground: Ground, *, keep_trace: bool) -> None:
        self.plan, self.ground = plan, ground
        self.clock = VirtualClock(plan.begins_s * SECOND)
        self.trace = Trace(self.clock, keep=keep_trace)
        self.kernel = Kernel(plan, ground.crew, self.clock, self.trace)
        self.books = Books()
        self.orders: dict[str, Order] = {}  # by number
        self.accounts: dict[str, Account] = ground.accounts
        self.stopped = {"cashier.query_due"} if plan.no_queries else set[str]()  # what the beat does not wake
        self.oracles = Oracles(self)
        self.broker = Broker(self)
        self.courier = Courier(self)
        self.receiver = Receiver(self)
        self.bills = Bills(self)
        self.kernel.idle = self.broker.next_due
        self.kernel.on_idle_due = self.broker.wake_due

    def look(self, sql: str, *params: Any, **named: Any) -> list[tuple[Any, ...]]:
        """Read what is committed, as nobody of payhub."""
        return self.ground.observer.execute(sql, params or named or None).fetchall()

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Put the played parts behind payhub's seams for the body."""
        chance = Chance("numbers", self.plan.seed)
        known = dict(CHANNELS)
        cache.flush()
        channel_calls.forget_opened()
        with ExitStack() as stack:
            stack.enter_context(clock.replaced_by(self.clock))
            stack.enter_context(numbers.replaced_by(chance.randrange))
            stack.enter_context(tasks.replaced_by(self.broker.send))
            stack.callback(_restore, known, breaker.WAIT_FOR_SLOT_S)
            stack.enter_context(patch.object(send_webhooks, "GuardedHttp", lambda _: self.receiver))
            CHANNELS.clear()
            CHANNELS.update(
                alpha=partial(PlayedChannel, self, "alpha", "X"), beta=partial(PlayedChannel, self, "beta", "Y")
            )
            breaker.WAIT_FOR_SLOT_S = 0  # whoever waits for a slot would hold the baton
            stack.enter_context(self.ground.watched(self.kernel, self.oracles.check_commit))
            stack.enter_context(self.oracles.listening())
            yield

    # -- money ---------------------------------------------------------------------------------------------------

    def pay(self, number: str) -> bool:
        """Let somebody pay a number at its channel, if the channel takes it."""
        deal = self.books.deals.get(number)
        if deal is None or not deal.is_payable(self.clock.at):
            return False
        self.collect(deal)
        if self.kernel.draws("paid_twice"):
            self.collect(deal)
        return True

    def pay_after_all(self, deal: Deal) -> None:
        """Let somebody pay soon although the channel says that it closed the number."""
        if deal.shown_at is None:
            return
        deal.broke_its_word = True
        self.kernel.at(self.kernel.chance.randint(1, 20), lambda: self.collect(deal))

    def collect(self, deal: Deal) -> None:
        """Let the channel take the money, whatever it said before, and tell of it."""
        minor = deal.minor
        if self.kernel.draws("wrong_amount"):
            minor += self.kernel.chance.choice((-100, 100))
        trade_no = self.books.collect(deal.number, minor, self.clock.at)
        self.trace.note("channel", f"collects {minor} by {deal.number}")
        self.courier.tell_payment(deal.account, deal.number, trade_no, minor)
        if self.kernel.draws("wrong_notice"):
            other = next(name for name in self.accounts if name != deal.account)
            self.books.strays.append(Stray(other, deal.number, trade_no, minor, self.clock.at))
            self.courier.tell_payment(other, deal.number, trade_no, minor)


def _restore(known: dict[str, Any], wait_s: float) -> None:
    CHANNELS.clear()
    CHANNELS.update(known)
    breaker.WAIT_FOR_SLOT_S = wait_s
    channel_calls.forget_opened()

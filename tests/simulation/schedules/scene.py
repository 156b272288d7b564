"""The stage of a schedule: who acts when, who stands still where, who dies where. Nothing here is left to chance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from django.contrib.auth.models import User

from cashier.models import Refund
from cashier.models.refund import RefundReason
from cashier.public import BilledMoney, cancel_payment, settle_billed
from cashier.services.pay import Choice
from cashier.services.pay_again import Declaration, pay_again
from cashier.services.query import query_attempt, query_due
from cashier.services.refund import Wish, approve_refund, request_refund, send_approved
from orders.services.ask import ask_waiting
from orders.services.submit import submit
from payhub import clock
from payhub.money import Money
from payhub.outbox.deliver import deliver_due
from reconciliation.services.run import run_day
from tests.simulation import cache
from tests.simulation.browser import Browser
from tests.simulation.kernel import Actor, Died
from tests.simulation.people import People, Window
from tests.simulation.virtual_clock import BEGINS_AT, SECOND
from tests.simulation.world import Order

T = TypeVar("T")


@dataclass
class Turn:
    """What happens to an actor when it comes to a point."""

    actor: str  # what its name begins with
    at: str  # what the point begins with
    does: Callable[[str], None]
    skips: int = 0  # how many times it passes before that

    def is_over(self) -> bool:
        """Tell whether it has happened."""
        return self.skips < 0

    def is_about(self, actor: str, what: str) -> bool:
        """Tell whether this actor is at this point, and it has not happened yet."""
        return not self.is_over() and actor.startswith(self.actor) and what.startswith(self.at)


@dataclass
class Bound:
    """How often a point may be come to until a time."""

    at: str
    left: int
    until: int


class Scene:
    """One order of one buyer, and everybody who has to do with it."""

    def __init__(self, people: People) -> None:
        self._people, self._world = people, people.world
        self._kernel = people.kernel
        self._turns: list[Turn] = []
        self._bounds: list[Bound] = []
        self._kernel.interfere = self._take_turn
        self.order = Order("buyer", 12_800)

    # -- what goes wrong, and where ------------------------------------------------------------------------------

    def stands(self, actor: str, at: str, for_s: float) -> None:
        """Let an actor stand still at a point; meanwhile all others act."""
        self._turns.append(Turn(actor, at, lambda _: self._kernel.sleep(for_s)))

    def dies(self, actor: str, at: str, *, skips: int = 0) -> None:
        """Let an actor's process die at a point, as by kill -9, when it has passed it so many times before."""
        self._turns.append(Turn(actor, at, self._kernel.kill, skips))

    def is_refused(self, actor: str, at: str) -> None:
        """Let the database refuse an actor's statement."""
        self._turns.append(Turn(actor, at, lambda what: self._kernel.refuse(f"the connection was lost at {what}")))

    def happens_at_most(self, times: int, at: str, until_s: float) -> None:
        """Let it be a violation when more actors come to a point until then."""
        self._bounds.append(Bound(at, times, int(until_s * SECOND)))

    @property
    def missed(self) -> list[str]:
        """What should have gone wrong and did not: then it is another schedule than the one that is told."""
        return [f"{turn.actor} never came to {turn.at!r}" for turn in self._turns if not turn.is_over()]

    def _take_turn(self, actor: Actor, what: str) -> None:
        for bound in self._bounds:
            bound.left -= what.startswith(bound.at)
            if bound.left < 0 and self._world.clock.at < bound.until:
                self._kernel.violate(f"{what} once too often")
        turn = next((turn for turn in self._turns if turn.is_about(actor.name, what)), None)
        if turn is not None:
            turn.skips -= 1
            if turn.is_over():
                turn.does(what)

    # -- the shopper ---------------------------------------------------------------------------------------------

    def ordered(self) -> None:
        """Have the order and its payment before anybody acts."""
        made = submit(draft=self._people.draft(self.order), now=clock.now())
        self._people.learn(self.order, made.order.order_no)

    def submits(self, name: str, at_s: float) -> None:
        """Send the one cart off from one more window."""

        def go() -> None:
            made = self._process(name, lambda: submit(draft=self._people.draft(self.order), now=clock.now()))
            if made is not None:
                self._people.learn(self.order, made.order.order_no)

        self._kernel.spawn(name, go, at_s)

    def clicks(self, name: str, at_s: float, way: str) -> None:
        """Press Pay in a window of its own, with "channel.method"; a code that it brings is seen."""
        channel, _, method = way.partition(".")
        window = Window(self.order, name, Browser())

        def go() -> None:
            self._people.click(window, f"lantern-{channel}", method)

        self._kernel.spawn(name, go, at_s)

    def pays(self, at_s: float, channel: str, *, after_all: bool = False) -> None:
        """Pay the newest code of the channel; `after_all`: although the channel closed it, or it was paid."""

        def go() -> None:
            deal = [d for d in self._world.books.deals.values() if d.account == f"lantern-{channel}"][-1]
            if after_all:
                deal.broke_its_word = True
                self._world.collect(deal)
            else:
                assert self._world.pay(deal.number), f"{deal.number} cannot be paid"

        self._kernel.spawn(f"payer at {channel}", go, at_s)

    def declares_not_charged(self, name: str, at_s: float, way: str) -> None:
        """Say that the newest attempt charged nothing, and pay another way."""
        channel, _, method = way.partition(".")
        choice = Choice(account_id=self._world.accounts[f"lantern-{channel}"].pk, method=method)

        def go() -> None:
            number = list(self._world.books.deals)[-1]
            declared = Declaration(
                attempt_no=number, sees="not_charged", text_version="1", language="en", shopper_ip=None, user_agent=""
            )
            again = partial(pay_again, payment_id=self.order.payment_id, declaration=declared, choice=choice)
            attempt = self._process(name, lambda: again(now=clock.now()))
            if attempt is not None:
                self._people.look_at(attempt)

        self._kernel.spawn(name, go, at_s)

    def checks(self, name: str, at_s: float) -> None:
        """Press "I have paid": the newest attempt's channel is asked at once."""
        self._spawn(name, at_s, lambda: query_attempt(attempt_no=list(self._world.books.deals)[-1]))

    # -- the merchant and its staff ------------------------------------------------------------------------------

    def cancels(self, name: str, at_s: float) -> None:
        """Let the merchant end the payment."""

        merchant_id = self._world.ground.merchant_id

        def cancel() -> object:
            self.order.cancelled, number = True, self.order.number
            return cancel_payment(merchant_id=merchant_id, merchant_order_no=number, actor="merchant", now=clock.now())

        self._spawn(name, at_s, cancel)

    def asks_back(self, name: str, at_s: float, minor: int) -> None:
        """Let somebody ask to return so much."""

        def ask() -> Refund:
            person = User.objects.get(pk=self._world.ground.people[0])
            wish = Wish(money=Money(minor, "CNY"), reason=RefundReason.OTHER, note="by hand")
            return request_refund(payment_id=self.order.payment_id, wish=wish, requested_by=person, now=clock.now())

        self._spawn(name, at_s, ask)

    def approves(self, name: str, at_s: float, person: int) -> None:
        """Let a person approve the newest refund."""

        def approve() -> Refund:
            number = Refund.objects.order_by("id").values_list("refund_no", flat=True).last() or ""
            approver = User.objects.get(pk=self._world.ground.people[person])
            return approve_refund(refund_no=number, approver=approver, now=clock.now())

        self._spawn(name, at_s, approve)

    # -- the sweeps, the bill, Redis -----------------------------------------------------------------------------

    def sweeps(self, name: str, at_s: float, channel: str) -> None:
        """Ask the channel about everything that is due."""
        self._spawn(name, at_s, lambda: query_due(channel=channel, now=clock.now()))

    def sends_refunds(self, name: str, at_s: float) -> None:
        """Send what is approved."""
        self._spawn(name, at_s, lambda: send_approved(now=clock.now()))

    def delivers(self, name: str, at_s: float) -> None:
        """Deliver what is due."""
        self._spawn(name, at_s, lambda: deliver_due(now=clock.now()))

    def asks_for_orders(self, name: str, at_s: float) -> None:
        """Ask the payment centre about every order that has waited."""
        self._spawn(name, at_s, lambda: ask_waiting(now=clock.now()))

    def bills(self, name: str, at_s: float, channel: str) -> None:
        """Bring the lines of the channel's bill."""

        def take_in() -> None:
            for deal in list(self._world.books.deals.values()):
                for trade_no, minor in deal.receipts.items():
                    billed = BilledMoney(
                        account_code=deal.account, attempt_no=deal.number, refund_no="", money=Money(minor, "CNY"),
                        channel_trade_no=trade_no, occurred_at=None, bill="by hand", row=1,
                    )  # fmt: skip
                    if deal.account == f"lantern-{channel}":
                        settle_billed(billed, now=clock.now())

        self._spawn(name, at_s, take_in)

    def runs_books(self, name: str, at_s: float, channel: str) -> None:
        """Run the day's bill of the channel, as `manage.py reconcile` does."""
        account, day = f"lantern-{channel}", BEGINS_AT.date()
        self._spawn(name, at_s, lambda: run_day(account, day, actor="staff"))

    def loses_redis(self, at_s: float) -> None:
        """Lose everything that Redis knew."""
        self._kernel.at(at_s, cache.flush)

    # -- inside --------------------------------------------------------------------------------------------------

    def _spawn(self, name: str, at_s: float, call: Callable[[], object]) -> None:
        def go() -> None:
            self._process(name, call)

        self._kernel.spawn(name, go, at_s)

    def _process(self, name: str, call: Callable[[], T]) -> T | None:
        """Run a piece of payhub as a process of its own; None: it died, or was refused."""
        result = self._kernel.process(call)
        self._world.oracles.check_result(name, result)
        return None if isinstance(result, (Exception, Died)) else result

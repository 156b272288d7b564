"""Those who click: shoppers in several windows, a merchant who cancels, staff who refund."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from cashier.errors import AlreadyPaid, AskedTooOften, PaymentEnded
from cashier.models import Attempt, Refund
from cashier.models.refund import RefundReason
from cashier.public import PaymentView, cancel_payment, open_payment
from cashier.services.pay import Choice, pay
from cashier.services.query import check_attempt
from cashier.services.refund import Wish, approve_refund, request_refund, send_again
from payhub import clock
from payhub.money import Money
from tests.simulation.books import METHODS

if TYPE_CHECKING:
    from tests.simulation.world import Order, World

AMOUNTS = (1_280, 12_800, 99_900)


class People:
    """Everybody outside of payhub who wants something of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan, self.kernel, self.chance = world.plan, world.kernel, world.kernel.chance

    def come(self, order: Order) -> None:
        """Let one order's people begin."""
        self.kernel.spawn(f"shopper {order.number}", lambda: self._shop(order))

    # -- shoppers ------------------------------------------------------------------------------------------------

    def _shop(self, order: Order) -> None:
        for _ in range(20):
            view = self.kernel.process(lambda: self._open(order))
            self.world.oracles.check_result("open_payment", view)
            if isinstance(view, PaymentView):
                order.payment_no = view.payment_no
                break
            self.kernel.sleep(1)
        else:
            return
        order.payment_id = self.world.look("SELECT id FROM cashier_payment WHERE payment_no = %s", order.payment_no)[0][
            0
        ]
        for tab in range(self.plan.tabs):
            self.kernel.spawn(f"shopper {order.number} tab {tab}", lambda: self._click_on(order))
        if self.chance.random() < self.plan.cancelling:
            self.kernel.spawn(f"merchant {order.number}", lambda: self._cancel(order), self.chance.randint(1, 120))
        for number in range(self.plan.refunds):
            self.kernel.spawn(f"staff {order.number} {number}", lambda: self._refund(order))

    def _open(self, order: Order) -> PaymentView:
        return open_payment(
            merchant_id=self.world.ground.merchant_id,
            merchant_order_no=order.number,
            money=Money(order.minor, "CNY"),
            title="Two books",
            return_url="",
            actor="merchant",
            now=clock.now(),
        )

    def _click_on(self, order: Order) -> None:
        account, method = self._choose()
        for _ in range(self.plan.clicks):
            self.kernel.sleep(self.chance.randint(0, self.plan.think_ms) / 1000)
            if self.chance.random() < self.plan.switching:
                account, method = self._choose()
            choice = Choice(account_id=self.world.accounts[account].pk, method=method)
            result = self.kernel.process(partial(_pay_now, order.payment_id, choice))
            self.world.oracles.check_result("pay", result)
            if isinstance(result, AlreadyPaid):
                self.world.oracles.check_told_paid(order)
            if isinstance(result, (AlreadyPaid, PaymentEnded)):
                return
            if isinstance(result, Attempt):
                self._look_at(result)

    def _choose(self) -> tuple[str, str]:
        return self.chance.choice(list(self.world.accounts)), self.chance.choice(list(METHODS))

    def _look_at(self, attempt: Attempt) -> None:
        """Look at the page that the click brought: a code is shown while the attempt is paying and not over."""
        if attempt.state != "PAYING" or not attempt.presentation_kind or clock.now() >= attempt.expires_at:
            return
        number = attempt.attempt_no
        deal = self.world.books.deals.get(number)
        if deal is None:
            self.kernel.violate(f"{number} was shown although the channel does not know it")
            return
        if deal.shown_at is None:
            deal.shown_at = self.world.clock.at
        if self.chance.random() < self.plan.paying:
            self.kernel.spawn(f"payer {number}", lambda: self._pay(number), self.chance.randint(0, 20_000) / 1000)

    def _pay(self, number: str) -> None:
        if self.world.pay(number) and self.chance.random() < 0.3 and not self.world.queries_off:
            self.kernel.sleep(self.chance.randint(0, 5))
            result = self.kernel.process(lambda: check_attempt(attempt_no=number, now=clock.now()))
            if not isinstance(result, AskedTooOften):
                self.world.oracles.check_result("check", result)

    # -- the merchant and its staff ------------------------------------------------------------------------------

    def _cancel(self, order: Order) -> None:
        cancel = partial(
            cancel_payment, merchant_id=self.world.ground.merchant_id, merchant_order_no=order.number, actor="merchant"
        )
        order.cancelled = True
        result = self.kernel.process(lambda: cancel(now=clock.now()))
        self.world.oracles.check_result("cancel", result)

    def _refund(self, order: Order) -> None:
        """Ask for a part of what was paid, as soon as it is paid."""
        for _ in range(10):
            self.kernel.sleep(self.chance.choice((0.05, 20, 40)))
            if self.world.look("SELECT state FROM cashier_payment WHERE id = %s", order.payment_id)[0][0] == "PAID":
                break
        else:
            return
        money = Money(self.chance.choice((order.minor, order.minor * 2 // 3, 100)), "CNY")
        wish = Wish(money=money, reason=RefundReason.OTHER, note="simulated")
        asker = self.world.ground.people[0]

        def ask() -> Refund:
            who = User.objects.get(pk=asker)
            return request_refund(payment_id=order.payment_id, wish=wish, requested_by=who, now=clock.now())

        result = self.kernel.process(ask)
        self.world.oracles.check_result("request_refund", result)
        if isinstance(result, Refund):
            self._let_decide(result.refund_no)

    def _let_decide(self, refund_no: str) -> None:
        for person in self.world.ground.people[: self.plan.staff + 1]:  # whoever asked tries, too
            name = f"approver {person} {refund_no}"
            self.kernel.spawn(name, partial(self._approve, refund_no, person), self.chance.randint(0, 3))

    def _approve(self, refund_no: str, person: int) -> None:
        result = self.kernel.process(
            lambda: approve_refund(refund_no=refund_no, approver=User.objects.get(pk=person), now=clock.now())
        )
        self.world.oracles.check_result("approve_refund", result)

    def tidy_up(self) -> None:
        """Decide everything that waits for a person: what staff does when there is no trouble any more."""
        waiting = self.world.look("SELECT refund_no FROM cashier_refund WHERE state = 'REQUESTED' ORDER BY id")
        for (refund_no,) in waiting:
            for person in self.world.ground.people[1:3]:
                self._approve(refund_no, person)
        refused = self.world.look("SELECT refund_no FROM cashier_refund WHERE state = 'FAILED' ORDER BY id")
        for (refund_no,) in refused:
            result = self.kernel.process(partial(_send_again, refund_no, self.world.ground.people[0]))
            self.world.oracles.check_result("send_again", result)


def _pay_now(payment_id: int, choice: Choice) -> Attempt:
    return pay(payment_id=payment_id, choice=choice, now=clock.now())


def _send_again(refund_no: str, person: int) -> Refund:
    return send_again(refund_no=refund_no, person=User.objects.get(pk=person), now=clock.now())

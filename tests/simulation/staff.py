"""The merchant's staff: refunds asked for and approved, several people at the same moment."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib.auth.models import User

from cashier.models import Refund
from cashier.models.refund import RefundReason
from cashier.services.refund import Wish, approve_refund, request_refund, send_again
from payhub import clock
from payhub.money import Money

if TYPE_CHECKING:
    from tests.simulation.world import Order, World


class Staff:
    """Those who decide about refunds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan, self.kernel, self.chance = world.plan, world.kernel, world.kernel.chance

    def come(self, order: Order) -> None:
        """Let those begin who want a refund of the order."""
        for number in range(self.plan.refunds):
            self.kernel.spawn(f"staff of {order.buyer} {number}", partial(self._refund, order))

    def _refund(self, order: Order) -> None:
        """Ask for a part of what was paid, as soon as it is paid."""
        for _ in range(10):
            self.kernel.sleep(self.chance.choice((0.05, 20, 40)))
            state = self.world.look("SELECT state FROM cashier_payment WHERE merchant_order_no = %s", order.number)
            if state and state[0][0] == "PAID":
                break
        else:
            return
        money = Money(self.chance.choice((order.minor, order.minor * 2 // 3, 100)), "CNY")
        asked = self.kernel.process(partial(_request, order.payment_id, money, self.world.ground.people[0]))
        self.world.oracles.check_result("request_refund", asked)
        if isinstance(asked, Refund):
            for person in self.world.ground.people[: self.plan.staff + 1]:  # whoever asked tries, too
                name = f"approver {person} {asked.refund_no}"
                approve = partial(self._approve, asked.refund_no, person)
                self.kernel.spawn(name, approve, self.chance.randint(0, 3))

    def _approve(self, refund_no: str, person: int) -> None:
        result = self.kernel.process(partial(_approve, refund_no, person))
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


def _request(payment_id: int, money: Money, person: int) -> Refund:
    wish = Wish(money=money, reason=RefundReason.OTHER, note="simulated")
    return request_refund(payment_id=payment_id, wish=wish, requested_by=User.objects.get(pk=person), now=clock.now())


def _approve(refund_no: str, person: int) -> Refund:
    return approve_refund(refund_no=refund_no, approver=User.objects.get(pk=person), now=clock.now())


def _send_again(refund_no: str, person: int) -> Refund:
    return send_again(refund_no=refund_no, person=User.objects.get(pk=person), now=clock.now())

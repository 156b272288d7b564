"""Those who act on payhub: shoppers with several windows, a merchant who cancels."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from django.http import HttpResponse

from cashier.errors import AlreadyPaid, PaymentEnded
from cashier.models import Attempt
from cashier.public import cancel_payment
from cashier.services.close import close_attempt
from cashier.services.pay import Choice, pay
from cashier.services.pay_again import Declaration, pay_again
from cashier.services.query import check_attempt
from orders.errors import AlreadyOrdered
from orders.services.submit import Draft, Item, Submitted, submit
from payhub import clock
from tests.simulation.books import METHODS
from tests.simulation.browser import Browser
from tests.simulation.staff import Staff

if TYPE_CHECKING:
    from tests.simulation.world import Order, World

AMOUNTS = (1_280, 12_800, 99_900)
LIVE = "state IN ('PAYING', 'CLOSING', 'UNKNOWN')"
PATIENCE = 20  # how often somebody presses "order" again when nothing came back


@dataclass
class Window:
    """One window of a shopper, and what it showed last."""

    order: Order
    name: str
    browser: Browser
    seen: str = ""  # the last attempt that it knew


class People:
    """Everybody outside of payhub who wants something of it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.plan, self.kernel, self.chance = world.plan, world.kernel, world.kernel.chance
        self.staff = Staff(world)

    def come(self, order: Order) -> None:
        """Let one order's people begin: the same cart is sent off from every window."""
        for number in range(self.plan.tabs):
            window = Window(order, f"{order.buyer} window {number}", Browser())
            self.kernel.spawn(window.name, partial(self._shop, window))

    def _shop(self, window: Window) -> None:
        order = window.order
        for _ in range(PATIENCE):
            told = self.kernel.process(partial(_submit, self.draft(order)))
            if isinstance(told, (Submitted, AlreadyOrdered)):
                break
            self.world.oracles.check_result("submit", told)
            self.kernel.sleep(1)
        else:
            return
        if self.learn(order, told.order.order_no if isinstance(told, Submitted) else told.order_no):
            self._others_begin(order)
        if order.payment_id:
            self._click_on(window)

    def draft(self, order: Order) -> Draft:
        item = Item(sku="book", title="Two books", unit_minor=order.minor, quantity=1)
        return Draft(merchant_id=self.world.ground.merchant_id, items=(item,), currency="CNY", buyer=order.buyer)

    def learn(self, order: Order, number: str) -> bool:
        """Note which order the cart became; tell whether that was news. Two would be one too many."""
        if order.number and order.number != number:
            self.kernel.violate(f"O1: one cart of {order.buyer} became {order.number} and {number}")
        rows = self.world.look("SELECT id, token FROM cashier_payment WHERE merchant_order_no = %s", number)
        is_news = not order.number
        order.number = number
        self.world.orders[number] = order
        if rows:
            order.payment_id, order.token = rows[0]
        return is_news

    def _others_begin(self, order: Order) -> None:
        if self.chance.random() < self.plan.cancelling:
            self.kernel.spawn(f"merchant of {order.buyer}", partial(self._cancel, order), self.chance.randint(1, 120))
        self.staff.come(order)
        if self.plan.asking:
            self.kernel.spawn(f"question about {order.buyer}", partial(self.world.receiver.ask_now_and_then, order))

    # -- at the counter ------------------------------------------------------------------------------------------

    def _click_on(self, window: Window) -> None:
        account, method = self._choose()
        for _ in range(self.plan.clicks):
            self.kernel.sleep(self.chance.randint(0, self.plan.think_ms) / 1000)
            if self.chance.random() < self.plan.switching:
                account, method = self._choose()
            click = self._click_page if self.plan.by_page else self.click
            if not click(window, account, method):
                return
            if self.chance.random() < self.plan.closing:
                self._close(window)

    def _choose(self) -> tuple[str, str]:
        return self.chance.choice(list(self.world.accounts)), self.chance.choice(list(METHODS))

    def click(self, window: Window, account: str, method: str) -> bool:
        """Press Pay; tell whether there is any use in going on."""
        order = window.order
        choice = Choice(account_id=self.world.accounts[account].pk, method=method)
        result = self.kernel.process(partial(_pay, order.payment_id, choice))
        self.world.oracles.check_result("pay", result)
        if isinstance(result, Attempt):
            self.look_at(result)
            if result.is_live and result.method != method and self.chance.random() < self.plan.declaring:
                self._declare(order, result.attempt_no, choice)
        if isinstance(result, AlreadyPaid):
            self.world.oracles.check_told_paid(order)
        return not isinstance(result, (AlreadyPaid, PaymentEnded))

    def _declare(self, order: Order, number: str, choice: Choice) -> None:
        """Wait a while, then say "not charged" and pay by the other method."""
        self.kernel.sleep(self.chance.randint(30, 120))
        result = self.kernel.process(partial(_pay_again, order.payment_id, number, choice))
        self.world.oracles.check_result("pay_again", result)
        if isinstance(result, Attempt):
            self.look_at(result)

    def look_at(self, attempt: Attempt) -> None:
        """Look at the page that the click brought: a code is shown while the attempt is paying and not over."""
        if attempt.state == "PAYING" and attempt.presentation_kind and clock.now() < attempt.expires_at:
            self._see(attempt.attempt_no)

    def _click_page(self, window: Window, account: str, method: str) -> bool:
        """Press Pay on the page, then look at what it says."""
        token = window.order.token
        form = {"choice": f"{account}.{method}", "seen": window.seen}
        answer = self.kernel.process(partial(window.browser.press, token, "pay", form))
        self.world.oracles.check_result("the page's pay", answer)
        status = self.kernel.process(partial(window.browser.status, token))
        self.world.oracles.check_result("status", status)
        if not isinstance(status, HttpResponse):
            return True
        state = window.browser.state(status)
        known = self.world.look(
            f"SELECT attempt_no, {LIVE} FROM cashier_attempt WHERE payment_id = %s ORDER BY id DESC",
            window.order.payment_id,
        )
        window.seen = known[0][0] if known else ""
        if state in {"waiting_qr", "waiting_channel"}:
            self._see(next(number for number, is_live in known if is_live))
        if state == "succeeded":
            self.world.oracles.check_told_paid(window.order)
        return state not in {"succeeded", "cancelled", "expired"}

    def _see(self, number: str) -> None:
        deal = self.world.books.deals.get(number)
        if deal is None:
            self.kernel.violate(f"{number} was shown although the channel does not know it")
            return
        if deal.shown_at is None:
            deal.shown_at = self.world.clock.at
            self.world.oracles.check_commit()  # what is seen only now may have been closed before
        if self.chance.random() < self.plan.paying:
            self.kernel.spawn(
                f"payer {number}",
                partial(self._pay, number),
                self.chance.randint(0, 1000 * self.plan.dawdling_s) / 1000,
            )

    def _pay(self, number: str) -> None:
        if self.world.pay(number) and self.chance.random() < 0.3 and not self.world.stopped:
            self.kernel.sleep(self.chance.randint(0, 5))
            result = self.kernel.process(partial(_check, number))
            self.world.oracles.check_result("check", result)

    def _close(self, window: Window) -> None:
        live = self.world.look(
            f"SELECT attempt_no FROM cashier_attempt WHERE payment_id = %s AND {LIVE} ORDER BY id DESC",
            window.order.payment_id,
        )
        if live:
            result = self.kernel.process(partial(_close, live[0][0]))
            self.world.oracles.check_result("close", result)

    def _cancel(self, order: Order) -> None:
        order.cancelled = True
        result = self.kernel.process(partial(_cancel, self.world.ground.merchant_id, order.number))
        self.world.oracles.check_result("cancel", result)


# What runs as a process of payhub's; the time is read when it runs.


def _submit(draft: Draft) -> Submitted:
    return submit(draft=draft, now=clock.now())


def _pay(payment_id: int, choice: Choice) -> Attempt:
    return pay(payment_id=payment_id, choice=choice, now=clock.now())


def _pay_again(payment_id: int, number: str, choice: Choice) -> Attempt:
    declaration = Declaration(
        attempt_no=number, sees="not_charged", text_version="1", language="en", shopper_ip=None, user_agent=""
    )
    return pay_again(payment_id=payment_id, declaration=declaration, choice=choice, now=clock.now())


def _check(number: str) -> Attempt:
    return check_attempt(attempt_no=number, now=clock.now())


def _close(number: str) -> Attempt:
    return close_attempt(attempt_no=number, now=clock.now())


def _cancel(merchant_id: int, number: str) -> object:
    return cancel_payment(merchant_id=merchant_id, merchant_order_no=number, actor="merchant", now=clock.now())

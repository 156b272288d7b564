"""The played channels: the adapter's side of the oracle's books, with everything that goes wrong on the way."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from cashier.channels.base import (
    PREPAY_TIMEOUT_S,
    QUERY_TIMEOUT_S,
    REFUND_TIMEOUT_S,
    BillLine,
    Created,
    Fact,
    Method,
    Notification,
    NotificationRefused,
    Outcome,
    Presentation,
    PresentationKind,
    Refusal,
    Reply,
    Return,
    Trade,
    UnreadableLine,
    Wiring,
)
from cashier.channels.beijing import midnight
from payhub.money import Money
from tests.played.bill import read
from tests.simulation.books import METHODS, Deal, GivenBack
from tests.simulation.virtual_clock import SECOND, moment

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")
KINDS = {"qr": PresentationKind.QR, "page": PresentationKind.REDIRECT, "bank": PresentationKind.FORM}
SAYS = {"NONE": Outcome.NOT_FOUND, "OPEN": Outcome.IN_PROGRESS, "CLOSED": Outcome.CLOSED, "DECLINED": Outcome.FAILED}
SAYS_OF_REFUND = {"ACCEPTED": Outcome.IN_PROGRESS, "REFUSED": Outcome.FAILED}
KEY = b"of the played channels"


def sign(body: bytes) -> str:
    """Return the channel's signature of a message."""
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()


class PlayedChannel:
    """One account at one played channel, as payhub opens it."""

    methods: Mapping[str, Method] = {
        code: Method(
            code=code,
            letter=code[0].upper(),
            presentation=KINDS[code],
            code_lifetime_s=200,
            can_close=can_close,
            idempotent_create=can_close,
        )
        for code, can_close in METHODS.items()
    }

    def __init__(self, world: World, code: str, letter: str, wiring: Wiring) -> None:
        self.world, self.code, self.letter = world, code, letter
        self.account = wiring.settings["account"]

    # -- calls ---------------------------------------------------------------------------------------------------

    def create(self, trade: Trade) -> Created:
        """Open the trade, unless its time is over."""
        number, now = trade.attempt_no, self.world.clock

        def act() -> str:
            if now.at >= moment(trade.expires_at):
                return "NONE"
            deal = Deal(number, self.account, trade.method, trade.amount.minor, moment(trade.expires_at), now.at)
            deal = self.world.books.open(deal)
            if not deal.receipts and deal.state == "OPEN" and self.world.kernel.draws("declined"):
                deal.state = "DECLINED"
            return self.world.books.state(number, now.at)

        state = self._call("create", number, act, PREPAY_TIMEOUT_S)
        if state == "DECLINED":
            return Created(fact=_fact(Outcome.FAILED, trade))
        if state != "OPEN":  # no answer, or a number that is paid or closed already
            return Created(fact=_fact(Outcome.UNKNOWN, trade))
        shown = Presentation(kind=KINDS[trade.method], content=f"https://pay.example/{number}")
        return Created(fact=_fact(Outcome.IN_PROGRESS, trade), presentation=shown)

    def query(self, trade: Trade) -> Fact:
        """Say what the trade is, or what it was a moment ago."""
        state = self._call("query", trade.attempt_no, lambda: self._state(trade.attempt_no), QUERY_TIMEOUT_S)
        if state == "PAID":
            trade_no, minor = next(iter(self.world.books.deals[trade.attempt_no].receipts.items()))
            return _fact(Outcome.PAID, trade, amount=Money(minor, "CNY"), trade_no=trade_no)
        return _fact(SAYS[state] if state else Outcome.UNKNOWN, trade)

    def close(self, trade: Trade) -> Fact:
        """Close the unpaid trade."""
        number, books = trade.attempt_no, self.world.books
        if not METHODS[trade.method]:
            return _fact(Outcome.REFUSED, trade, code="CANNOT_CLOSE")

        def act() -> str:
            lies = books.state(number, self.world.clock.at) == "OPEN" and self.world.kernel.draws("lying_close")
            state = books.close(number, self.world.clock.at)
            if lies:
                self.world.pay_after_all(books.deals[number])
            return state

        state = self._call("close", number, act, QUERY_TIMEOUT_S)
        if state == "PAID":
            return _fact(Outcome.UNKNOWN, trade, code="ORDERPAID")
        return _fact(SAYS[state] if state else Outcome.UNKNOWN, trade)

    def refund(self, order: Return) -> Fact:
        """Give money back, at once or later."""
        kernel, sent_at = self.world.kernel, self.world.clock.at
        refused_at = self.world.books.refused_at

        def act() -> str:
            # A channel that has refused a number refuses what was sent before that and arrives later, too.
            if kernel.draws("refused_refund") or refused_at.get(order.refund_no, -1) >= sent_at:
                refused_at[order.refund_no] = self.world.clock.at
                return "REFUSED"
            given, is_news = self.world.books.give_back(order.trade.attempt_no, order.refund_no, order.amount.minor)
            if given is None:
                return "REFUSED"
            if is_news:
                given.ended_at = self.world.clock.at
                self._give_back(given, order)
            return given.state

        return self._refund_fact(self._call("refund", order.refund_no, act, REFUND_TIMEOUT_S), order)

    def query_refund(self, order: Return) -> Fact:
        """Say what became of a refund."""

        def act() -> str:
            deal = self.world.books.deals.get(order.trade.attempt_no)
            given = deal.refunds.get(order.refund_no) if deal else None
            behind = self.world.kernel.draws("lag")
            return "NONE" if given is None or behind else given.state

        return self._refund_fact(self._call("query_refund", order.refund_no, act, QUERY_TIMEOUT_S), order)

    def bill_starts_at(self, day: date) -> datetime:
        """Begin at Beijing's midnight."""
        return midnight(day)

    def fetch_bill(self, day: date, into: BinaryIO) -> bool:
        """Write the bill as the played channels do. Raises BillNotReady."""
        self.world.kernel.point(f"bill {self.account} {day}")
        self.world.oracles.check_no_transaction("bill", self.account)
        return self.world.bills.fetch(self.account, day, into)

    def read_bill(self, file: BinaryIO, day: date) -> Iterator[BillLine | UnreadableLine]:
        """Read it."""
        return read(file, day)

    # -- messages ------------------------------------------------------------------------------------------------

    def read_notification(self, notification: Notification) -> Fact:
        """Check the signature and translate."""
        if not hmac.compare_digest(notification.headers.get("x-signature", ""), sign(notification.body)):
            raise NotificationRefused(Refusal.BAD_SIGNATURE)
        said = json.loads(notification.body)
        return Fact(
            outcome=Outcome(said["outcome"]),
            attempt_no=said["number"],
            refund_no=said["refund_no"],
            amount=Money(said["minor"], "CNY"),
            channel_trade_no=said["trade_no"],
        )

    def accept(self) -> Reply:
        """Stop the repeats."""
        return Reply(status=200, body=b"ok")

    def refuse(self, code: Refusal) -> Reply:
        """Show nothing."""
        return Reply(status=401, body=b"no")

    # -- inside --------------------------------------------------------------------------------------------------

    def _call(self, kind: str, number: str, act: Callable[[], T], timeout_s: float) -> T | None:
        """Let the channel act when the request gets there; return its answer, or None when there is none in time."""
        kernel = self.world.kernel
        kernel.point(f"{kind} {number}")
        self.world.oracles.check_call(kind, number)
        if kernel.draws("lost"):
            kernel.sleep(timeout_s)
            kernel.point(f"no answer to {kind} {number}")
            return None
        there, back = self._way(timeout_s)
        answers: list[T] = []
        kernel.at(there, lambda: answers.append(act()))
        kernel.point(f"sent {kind} {number}")  # whoever dies here has sent it
        kernel.sleep(min(there + back, timeout_s))
        answered = there + back < timeout_s
        kernel.point(f"{'answer' if answered else 'no answer'} to {kind} {number}")
        return answers[0] if answered else None

    def _way(self, timeout_s: float) -> tuple[float, float]:
        kernel = self.world.kernel
        there, back = (kernel.chance.randint(5, 150) / 1000 for _ in "ab")
        if kernel.draws("slow"):
            there += kernel.chance.randint(0, int(timeout_s * 1200)) / 1000
        if kernel.draws("late"):
            there = timeout_s + kernel.chance.randint(0, 30_000) / 1000
        if kernel.draws("cut"):
            back = timeout_s
        return there, back

    def _state(self, number: str) -> str:
        books, now = self.world.books, self.world.clock.at
        state = books.state(number, now)
        if state == "NONE" or not self.world.kernel.draws("lag"):
            return state
        seen_at = now - self.world.kernel.chance.randint(0, 20) * SECOND
        deal = books.deals[number]
        if seen_at < deal.opened_at:
            return "NONE"
        return "OPEN" if deal.paid_at is not None and seen_at < deal.paid_at else state

    def _give_back(self, given: GivenBack, order: Return) -> None:
        kernel = self.world.kernel
        if not kernel.draws("slow_refund"):
            given.state = "RETURNED"
            return
        given.state = "ACCEPTED"
        ends = "REFUSED" if kernel.chance.random() < 0.2 else "RETURNED"

        def end() -> None:
            given.state, given.ended_at = ends, self.world.clock.at
            self.world.courier.tell_refund(self.world.books.deals[order.trade.attempt_no], given)

        kernel.at(kernel.chance.randint(5, 120), end)

    def _refund_fact(self, state: str | None, order: Return) -> Fact:
        outcome = Outcome.UNKNOWN if state is None else SAYS_OF_REFUND.get(state, Outcome.NOT_FOUND)
        number, refund_no = order.trade.attempt_no, order.refund_no
        if state == "RETURNED":
            return Fact(outcome=Outcome.PAID, attempt_no=number, refund_no=refund_no, amount=order.amount)
        return Fact(outcome=outcome, attempt_no=number, refund_no=refund_no)


def _fact(outcome: Outcome, trade: Trade, *, amount: Money | None = None, trade_no: str = "", code: str = "") -> Fact:
    return Fact(
        outcome=outcome, attempt_no=trade.attempt_no, amount=amount, channel_trade_no=trade_no, code=code
    )  # fmt: skip

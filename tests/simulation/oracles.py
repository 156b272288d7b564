"""What must hold at every moment (C) and at rest (Q): payhub's rows against the books of the played channels."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cashier.channels.base import BillKind, BillLine
from cashier.errors import CashierError
from orders.errors import OrdersError
from payhub import clock
from payhub.invariants import all_invariants
from reconciliation.errors import BooksError
from tests.simulation.browser import ServerFailed
from tests.simulation.ground import TWO_APPROVERS_ABOVE
from tests.simulation.kernel import Injected
from tests.simulation.unfinished import UNFINISHED
from tests.simulation.virtual_clock import SECOND

if TYPE_CHECKING:
    from tests.simulation.world import Order, World

KNOWN_WITHIN_S = 65  # a minute of the schedule, the beat's second, one call
LIVE = {"PAYING", "CLOSING", "UNKNOWN"}
# The oracle's own picture of the states, from the specification; not payhub's table.
MAY_FOLLOW = {
    "PAYING": {"CLOSING", "UNKNOWN", "SUCCEEDED", "FAILED", "CLOSED"},
    "CLOSING": {"UNKNOWN", "SUCCEEDED", "FAILED", "CLOSED"},
    "UNKNOWN": {"CLOSING", "SUCCEEDED", "FAILED", "CLOSED"},
    "FAILED": {"SUCCEEDED"},
    "CLOSED": {"SUCCEEDED"},
    "SUCCEEDED": set(),
}
ATTEMPTS = (
    "SELECT a.attempt_no, a.state, a.superseded_at IS NULL, a.amount_minor, "
    "p.merchant_order_no, p.state FROM cashier_attempt a JOIN cashier_payment p ON p.id = a.payment_id ORDER BY a.id"
)
REFUNDS = (
    "SELECT r.refund_no, r.state, a.attempt_no, r.amount_minor, r.is_automatic, r.requested_by_id, r.approved_by_id, "
    "r.second_approved_by_id FROM cashier_refund r JOIN cashier_attempt a ON a.id = r.attempt_id ORDER BY r.id"
)
TAKEN = "SELECT order_no, count(*) FROM merchant_took WHERE name = 'payment.paid' GROUP BY order_no"
# One look for all of them: it is taken after every commit.
_EVERYTHING = "SELECT " + ", ".join(
    f"(SELECT json_agg(t) FROM (SELECT json_build_array({columns}) FROM {rest}) t(t))"
    for columns, rest in (look.removeprefix("SELECT ").split(" FROM ", 1) for look in (ATTEMPTS, REFUNDS, TAKEN))
)


class _Errors(logging.Handler):
    """Hands every exception that payhub logs (and so swallows) to the oracle."""

    def __init__(self, oracles: Oracles) -> None:
        super().__init__(level=logging.ERROR)
        self._oracles = oracles

    def emit(self, record: logging.LogRecord) -> None:
        """Judge one record."""
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, Exception):
            self._oracles.check_result(f"log of {record.name}", error)


class Oracles:
    """The judges of one history."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._states: dict[str, str] = {}
        self._paid: set[str] = set()
        self._ended_at: dict[str, int] = {}  # when the state of each attempt last changed

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear of exceptions that are swallowed inside the body."""
        handler, root = _Errors(self), logging.getLogger()
        root.addHandler(handler)
        try:
            yield
        finally:
            root.removeHandler(handler)

    # -- at every moment -----------------------------------------------------------------------------------------

    def check_result(self, what: str, result: object) -> None:
        """X1: nothing ends in an error that nobody meant (what a dead process ends in is nobody's error)."""
        actor = self.world.kernel.current
        if actor is not None and actor.dead:
            return
        refused = isinstance(result, (CashierError, OrdersError, BooksError, ServerFailed))
        if isinstance(result, Exception) and not refused and not _was_injected(result):
            self._violate("X1", f"{what} ended in {type(result).__name__}: {str(result)[:300]}")

    def check_commit(self) -> None:
        """Look at everything that is committed now."""
        live: dict[str, int] = {}
        attempts, refunds, taken = (rows or [] for rows in self.world.look(_EVERYTHING)[0])
        for number, state, counts, minor, order_no, payment_state in attempts:
            live[order_no] = live.get(order_no, 0) + (counts and state in LIVE)
            self._check_edge(number, state)
            self._check_truth(number, state)
            if minor != self.world.orders[order_no].minor:
                self._violate("S9", f"{number} asks for {minor}")
            self._check_payment(order_no, payment_state)
        if self.world.plan.strict and any(count > 1 for count in live.values()):
            self._violate("S1", "two live attempts of one payment")
        self._check_refunds(refunds)
        for order_no, times in taken:
            if times > 1 or order_no not in self._paid:
                self._violate("F1", f"the merchant fulfilled {order_no} {times} times (paid: {sorted(self._paid)})")
        if self.world.books.complaint:
            self._violate("M6/M7", self.world.books.complaint)

    def _check_payment(self, order_no: str, state: str) -> None:
        before = self._states.get(order_no, "OPEN")
        self._states[order_no] = state
        if state == "PAID":
            self._paid.add(order_no)
        elif order_no in self._paid:
            self._violate("F2", f"{order_no} was paid and is {state}")
        may_take_late = self.world.plan.accepts_late and not self.world.orders[order_no].cancelled
        if (before, state) == ("CLOSED", "PAID") and not may_take_late:
            self._violate("S4", f"{order_no} had ended and was paid against the merchant's policy")

    def _check_edge(self, number: str, state: str) -> None:
        before = self._states.get(number, "PAYING")
        if state != before and state not in MAY_FOLLOW[before]:
            self._violate("S4", f"{number} went from {before} to {state}")
        if state != before:
            self.world.kernel.count.saw(f"{before} to {state}")
            self._ended_at[number] = self.world.clock.at
        self._states[number] = state

    def _check_truth(self, number: str, state: str) -> None:
        deal = self.world.books.deals.get(number)
        if state == "SUCCEEDED" and (deal is None or not deal.receipts):
            self._violate("M4", f"{number} succeeded, but nobody paid it")
        if deal is None or deal.broke_its_word or deal.shown_at is None:
            return
        if state in {"FAILED", "CLOSED"} and deal.is_payable(self.world.clock.at):
            self._violate("S5", f"{number} is {state}, but its code was shown and can still be paid")

    def _check_refunds(self, refunds: list[Any]) -> None:
        for refund_no, state, number, minor, automatic, *people in refunds:
            deal = self.world.books.deals.get(number)
            given = deal.refunds.get(refund_no) if deal else None
            if state == "SUCCEEDED" and (given is None or given.state != "RETURNED"):
                self._violate("M4", f"{refund_no} succeeded, but nothing went back")
            if state == "FAILED" and given is not None and given.state != "REFUSED":
                self._violate("S7", f"{refund_no} is FAILED, but the channel has {given.state} it")
            asker, *approvers = people
            missing = (2 if minor > TWO_APPROVERS_ABOVE else 1) - len({*approvers} - {None, asker})
            if state in {"SUBMITTED", "UNKNOWN", "SUCCEEDED"} and not automatic and missing > 0:
                self._violate("R2", f"{refund_no} was sent and only {approvers} approved what {asker} asked")

    def check_call(self, kind: str, number: str) -> None:
        """S2 and S3: a call is named by a committed row, and holds no transaction open."""
        self.check_no_transaction(kind, number)
        if kind in {"refund", "query_refund"}:
            rows = self.world.look("SELECT state FROM cashier_refund WHERE refund_no = %s", number)
            wrong = {"REQUESTED", "APPROVED", "REJECTED", "WITHDRAWN", "LAPSED"}
        else:
            rows = self.world.look("SELECT state FROM cashier_attempt WHERE attempt_no = %s", number)
            wrong = {"PAYING"} if kind == "close" else set()
        if not rows or rows[0][0] in wrong:
            self._violate("S2", f"{kind} of {number} before it was committed ({rows})")

    def check_no_transaction(self, kind: str, number: str) -> None:
        """S3: a call holds no transaction open."""
        actor = self.world.kernel.current
        if actor is not None and actor.in_transaction:
            self._violate("S3", f"{kind} of {number} inside a transaction")

    def check_acknowledged(self, account: str, message: dict[str, str | int]) -> None:
        """S6: what was acknowledged to the channel is committed."""
        facts = self.world.look(
            "SELECT f.attempt_no FROM cashier_channelfact f JOIN cashier_channelaccount c ON c.id = f.account_id "
            "WHERE f.attempt_no = %s AND f.refund_no = %s AND c.code = %s AND f.outcome = %s "
            "AND (f.channel_trade_no = %s OR f.refund_no <> '')",
            message["number"], message["refund_no"], account, message["outcome"], message["trade_no"],
        )  # fmt: skip
        if not facts and not self.world.kernel.violation:
            self._violate("S6", f"a message about {message['number']} was acknowledged and is not kept")

    def check_told_paid(self, order: Order) -> None:
        """S6: whoever was told "paid" was told the truth."""
        (state,) = self.world.look("SELECT state FROM cashier_payment WHERE id = %s", order.payment_id)[0]
        if state != "PAID":
            self._violate("S6", f"somebody was told that {order.number} is paid, but it is {state}")

    # -- at rest -------------------------------------------------------------------------------------------------

    def check_found(self) -> None:
        """M3: every receipt is known (asked while queries are off: notices and the bill alone must do)."""
        states = {row[0]: row[1] for row in self.world.look(ATTEMPTS)}
        for number, deal in self.world.books.deals.items():
            if deal.receipts and states.get(number) != "SUCCEEDED":
                self._violate("M3", f"{number} was paid and is {states.get(number)}")

    def check_rest(self) -> None:
        """Compare everything with the channels' books, then let payhub audit itself."""
        self.check_found()
        for order in self.world.orders.values():
            self._check_order(order)
        self._check_refunds_at_rest()
        for account in self.world.accounts:
            self._check_ledger(account)
        self._check_nothing_left()
        self._check_bills()
        self._check_punctual()
        self.world.receiver.check_knows()
        self._audit()

    def _audit(self) -> None:
        """Let payhub's own checks speak: those that `manage.py audit` runs."""
        for invariant in all_invariants():
            broken = self.world.look(invariant.broken, now=clock.now())
            if broken:
                self._violate(invariant.code, f"audit: {invariant.says} {broken[:5]}")

    def _check_bills(self) -> None:
        """R1: each line of each bill lies in one bucket, and they add up to what the channel wrote."""
        for (account, day), lines in self.world.bills.written.items():
            read = [line for line in lines if isinstance(line, BillLine)]
            net = sum(line.amount.minor * (1 if line.kind is BillKind.PAYMENT else -1) for line in read)
            rows = self.world.look(
                "SELECT b.state, COALESCE(SUM(t.lines), 0), COALESCE(SUM(t.lines_minor * CASE t.kind "
                "WHEN 'REFUND' THEN -1 ELSE 1 END), 0) FROM reconciliation_bill b LEFT JOIN reconciliation_tally t "
                "ON t.bill_id = b.id WHERE b.account_code = %s AND b.day_date = %s GROUP BY b.id", account, day,
            )  # fmt: skip
            if rows != [("CLOSED", len(lines), net)]:
                self._violate("R1", f"{account} {day}: {len(lines)} lines, {net} in all, and the books say {rows}")

    def _check_punctual(self) -> None:
        """L2: where nothing but notifications is lost, asking finds every end by its schedule."""
        if any(
            rate for name, rate in self.world.plan.faults.items() if not name.startswith(("notice", "bill", "hook"))
        ):
            return
        if self.world.plan.no_queries or self.world.plan.no_beat:
            return
        for number, deal in self.world.books.deals.items():
            known_at = self._ended_at.get(number, self.world.clock.at)
            late_s = (known_at - (deal.until if deal.paid_at is None else deal.paid_at)) / SECOND
            if late_s > KNOWN_WITHIN_S and not deal.broke_its_word:
                self._violate("L2", f"the end of {number} was known {late_s:.0f} s late")

    def _check_order(self, order: Order) -> None:
        rows = self.world.look("SELECT state FROM cashier_payment WHERE merchant_order_no = %s", order.number)
        state = rows[0][0] if rows else "NONE"
        kept = 0
        for (number,) in self.world.look(
            "SELECT attempt_no FROM cashier_attempt WHERE payment_id = %s", order.payment_id
        ):
            deal = self.world.books.deals.get(number)
            kept += deal.received - deal.returned if deal else 0
        wished = self.world.look(
            "SELECT COALESCE(SUM(r.amount_minor), 0) FROM cashier_refund r JOIN cashier_attempt a ON a.id = r.attempt_id "
            "WHERE a.payment_id = %s AND NOT r.is_surplus AND r.state = 'SUCCEEDED'", order.payment_id,
        )[0][0]  # fmt: skip
        right = order.minor - wished if state == "PAID" else 0
        if kept != right:
            self._violate("M1", f"the channels keep {kept} of {order.number}, which is {state}: {right} is right")
        times = dict(self.world.look(TAKEN)).get(order.number, 0)
        if times != (state == "PAID"):
            self._violate("F1", f"{order.number} is {state} and was fulfilled {times} times")

    def _check_refunds_at_rest(self) -> None:
        known = {row[0]: row[1] for row in self.world.look(REFUNDS)}
        for deal in self.world.books.deals.values():
            for given in deal.refunds.values():
                if given.state == "RETURNED" and known.get(given.refund_no) != "SUCCEEDED":
                    self._violate("M7", f"{given.refund_no} went back and is {known.get(given.refund_no)}")

    def _check_ledger(self, account: str) -> None:
        (booked,) = self.world.look(
            "SELECT COALESCE(SUM(amount_minor), 0) FROM cashier_ledgerentry WHERE account = %s "
            "AND journal !~ '^(fees|settlement):'", f"channel:{account}",
        )[0]  # fmt: skip
        if booked != self.world.books.net(account):
            self._violate("M8", f"the ledger has {booked} at {account}, the channel {self.world.books.net(account)}")

    def _check_nothing_left(self) -> None:
        left = self.world.look(UNFINISHED)
        if left:
            self._violate("L1", f"unfinished after everything was healed: {left[:5]}")
        owed = self.world.look(
            "SELECT account, SUM(amount_minor) FROM cashier_ledgerentry WHERE account LIKE 'surplus:%' "
            "GROUP BY account HAVING SUM(amount_minor) <> 0"
        )
        if owed:
            self._violate("M8", f"surplus that was never returned: {owed}")

    def _violate(self, code: str, what: str) -> None:
        self.world.kernel.violate(f"{code}: {what}")


def _was_injected(error: BaseException | None) -> bool:
    """Tell whether the simulation caused an error, maybe through others."""
    while error is not None:
        if isinstance(error, Injected):
            return True
        error = error.__cause__ or error.__context__
    return False

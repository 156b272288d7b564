"""The channels' bills: what they did on a day, with the mistakes that channels make in writing it down."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, BinaryIO

from cashier.channels.base import BillKind, BillLine, BillNotReady, UnreadableLine
from cashier.channels.beijing import midnight
from payhub.money import Money
from tests.played.bill import write
from tests.simulation.books import Stray
from tests.simulation.chance import Chance
from tests.simulation.virtual_clock import BEGINS_AT, moment

if TYPE_CHECKING:
    from tests.simulation.world import World

Line = BillLine | UnreadableLine
LATE = timedelta(hours=21)  # after the day: past the time at which a bill counts as missing
KNOWN = "SELECT 1 FROM cashier_settled WHERE account_code = %s AND attempt_no = %s AND refund_no = %s AND channel_trade_no = %s"


class Bills:
    """All bills of a history; one that was written once stays as it is."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._chance = Chance("bills", world.plan.seed)
        self._last_day = BEGINS_AT.date() + timedelta(days=world.plan.days - 1)
        self.written: dict[tuple[str, date], list[Line]] = {}
        self._late: dict[tuple[str, date], bool] = {}
        self._spoilt: set[tuple[str, date]] = set()
        self._shifted: dict[tuple[str, date], list[BillLine]] = {}  # into the next day's

    def fetch(self, account: str, day: date, into: BinaryIO) -> bool:
        """Write an account's bill of a day; False: there is nothing in it. Raises BillNotReady."""
        name = (account, day)
        if name not in self._late:
            self._late[name] = self._strikes("bill_late") and day <= self._last_day
        if self._late[name] and self.world.clock() < midnight(day + timedelta(days=1)) + LATE:
            raise BillNotReady("The bill is made later today.")
        if name not in self._spoilt and self._strikes("bill_unusable"):
            self._spoilt.add(name)
            into.write(write([], day)[:-1])
            return True
        if name not in self.written:
            lines: list[Line] = list(self._write(*name))
            if lines and self._strikes("bill_unreadable"):  # one of which no line can be read is refused
                lines.append(UnreadableLine(row=0, reason=""))
            self.written[name] = [self._numbered(line, row) for row, line in enumerate(lines, start=1)]
        into.write(write(self.written[name], day))
        return bool(self.written[name])

    def _write(self, account: str, day: date) -> Iterator[BillLine]:
        yield from self._shifted.pop((account, day), [])
        may_shift = day < self._last_day
        for true_line in list(self._true_lines(account, day)):
            line = true_line
            is_known = bool(self.world.look(KNOWN, account, line.attempt_no, line.refund_no, line.channel_trade_no))
            if may_shift and self._strikes("bill_shift"):
                self._shifted.setdefault((account, day + timedelta(days=1)), []).append(line)
                continue
            if is_known and self._strikes("bill_missing"):
                continue
            if is_known and self._strikes("bill_amount"):
                line = line._replace(amount=Money(line.amount.minor + self._chance.choice((-1, 100)), "CNY"))
            yield line
            if self._strikes("bill_double"):
                yield line
        if day <= self._last_day and self._strikes("bill_extra"):
            yield self._stray(account, day)

    def _true_lines(self, account: str, day: date) -> Iterator[BillLine]:
        """Give every receipt and every return of the day."""
        books = self.world.books
        own = [deal for deal in books.deals.values() if deal.account == account]
        received = [
            (deal.number, deal.received_at[no], no, minor) for deal in own for no, minor in deal.receipts.items()
        ]
        strays = [stray for stray in books.strays if stray.account == account]
        received += [(stray.number, stray.at, stray.trade_no, stray.minor) for stray in strays]
        for number, at, trade_no, minor in received:
            if _day(at) == day:
                yield BillLine(
                    row=0, kind=BillKind.PAYMENT, attempt_no=number, amount=Money(minor, "CNY"),
                    channel_trade_no=trade_no, occurred_at=_moment(at),
                )  # fmt: skip
        for deal in own:
            for given in deal.refunds.values():
                if given.state == "RETURNED" and _day(given.ended_at) == day:
                    yield BillLine(
                        row=0, kind=BillKind.REFUND, attempt_no=deal.number, refund_no=given.refund_no,
                        amount=Money(given.minor, "CNY"), occurred_at=_moment(given.ended_at),
                    )  # fmt: skip

    def _stray(self, account: str, day: date) -> BillLine:
        """Give a line of money that really came, and that nobody asked for; maybe without any number."""
        number = self._chance.choice(("20260504ZZ", ""))
        at = moment(midnight(day) + timedelta(hours=12))
        stray = Stray(account, number, f"E{account}{day:%d}", 777, at)
        self.world.books.strays.append(stray)
        return BillLine(
            row=0, kind=BillKind.PAYMENT, attempt_no=number, amount=Money(777, "CNY"), channel_trade_no=stray.trade_no
        )

    def _numbered(self, line: Line, row: int) -> Line:
        return line._replace(row=row) if isinstance(line, BillLine) else UnreadableLine(row=row, reason="")

    def _strikes(self, fault: str) -> bool:
        """Draw by itself, not by the kernel: a bill is wrong whether the trouble is over or not."""
        strikes = self._chance.random() < self.world.plan.faults[fault]
        if strikes:
            self.world.kernel.count.saw(fault)
        return strikes


def _moment(at: int) -> datetime:
    return BEGINS_AT + timedelta(microseconds=at)


def _day(at: int) -> date:
    return (_moment(at) + timedelta(hours=8)).date()  # Beijing's

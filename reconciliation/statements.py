"""Statements 结算单: what a channel held for a merchant, day by day, out of the ledger. Nothing of it is stored.

opening + payments - refunds - fees - paid out + corrections = closing, each a sum of ledger entries of the account
`channel:<account>` by the time they were booked, in the days of settings.TIME_ZONE. Fees and payouts of a channel's
day are booked when that day's books are closed, the day after at the earliest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection
from django.utils import timezone

from cashier.public import AccountView, channel_accounts, held_at_channel
from payhub.money import Money

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_DAY_OF_ENTRY = "(booked_at AT TIME ZONE %(zone)s)::date"


class Figure(StrEnum):
    """A figure of a statement, named as the ledger names the journals behind it."""

    PAYMENTS = "receipt"
    REFUNDS = "return"
    FEES = "fees"
    PAID_OUT = "settlement"
    CORRECTIONS = "correction"


# What the ledger shows as negative and a statement as a positive amount that went away.
AWAY = (Figure.REFUNDS, Figure.FEES, Figure.PAID_OUT)


@dataclass(frozen=True, slots=True)
class Period:
    """A day or a month: `2026-11-22`, `2026-11`."""

    name: str
    first: date
    after: date

    @classmethod
    def named(cls, name: str) -> Period:
        """Read a period; raise ValueError."""
        month = _MONTH.fullmatch(name)
        if month:
            first = _of_our_time(date(int(month[1]), int(month[2]), 1))
            return cls(name, first, (first + timedelta(days=31)).replace(day=1))
        day = _of_our_time(date.fromisoformat(name))
        return cls(day.isoformat(), day, day + timedelta(days=1))

    @property
    def is_month(self) -> bool:
        """Whether it has days."""
        return self.after - self.first > timedelta(days=1)

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return _begins_at(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return _begins_at(self.after)

    @property
    def before(self) -> str:
        """The period before this one."""
        last = self.first - timedelta(days=1)
        return f"{last:%Y-%m}" if self.is_month else last.isoformat()

    @property
    def next(self) -> str:
        """The period after this one."""
        return f"{self.after:%Y-%m}" if self.is_month else self.after.isoformat()


def _of_our_time(day: date) -> date:
    """Give the day back; raise ValueError for centuries whose days before and after no calendar here can name."""
    if not 2000 <= day.year < 2200:
        raise ValueError(f"{day} is not of our time")
    return day


def _begins_at(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One account's period in one currency."""

    account: AccountView
    currency: str
    period: Period
    opening: Money
    figures: dict[Figure, Money]  #: Positive is in our favour for payments and corrections, away for the others.
    counts: dict[Figure, int]
    days: list[Statement] = field(default_factory=list)  #: Of a month, those on which something moved.

    @property
    def net(self) -> Money:
        """What the period brought: payments less refunds and fees."""
        of = self.figures
        minor = of[Figure.PAYMENTS].minor - of[Figure.REFUNDS].minor - of[Figure.FEES].minor
        return Money(minor, self.currency)

    @property
    def closing(self) -> Money:
        """What the channel held at the end."""
        of = self.figures
        minor = self.opening.minor + self.net.minor - of[Figure.PAID_OUT].minor + of[Figure.CORRECTIONS].minor
        return Money(minor, self.currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One ledger entry behind a figure."""

    entry_id: int
    booked_at: datetime
    journal: str
    attempt_no: str
    refund_no: str
    money: Money


def accounts_of(merchant_id: int) -> list[AccountView]:
    """Return a merchant's channel accounts."""
    return [account for account in channel_accounts() if account.merchant_id == merchant_id]


def statements(accounts: Iterable[AccountView], period: Period) -> list[Statement]:
    """Return a period's statement of every account and currency that ever moved until its end."""
    found = []
    for account in accounts:
        moved = _moved(account, period)
        for currency in _currencies(account, period):
            opening = held_at_channel(account_code=account.code, currency=currency, at=period.starts_at)
            days = _days(account, currency, period, opening, moved) if period.is_month else []
            found.append(_statement(account, currency, period, opening, moved, days))
    return found


_Moved = dict[tuple[str, date, str], tuple[int, int]]  # currency, day, journal's kind -> number and sum


def _moved(account: AccountView, period: Period) -> _Moved:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT currency, {_DAY_OF_ENTRY}, split_part(journal, ':', 1), count(*), sum(amount_minor)::bigint "  # noqa: S608 - our own SQL
            "FROM cashier_booked WHERE account = %(account)s AND booked_at >= %(begin)s AND booked_at < %(end)s "
            "GROUP BY 1, 2, 3",
            _values(account, period),
        )
        return {(currency, day, kind): (count, minor) for currency, day, kind, count, minor in cursor.fetchall()}


def _currencies(account: AccountView, period: Period) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT currency FROM cashier_booked WHERE account = %(account)s AND booked_at < %(end)s ORDER BY 1",
            _values(account, period),
        )
        return [str(currency) for (currency,) in cursor.fetchall()]


def _values(account: AccountView, period: Period) -> dict[str, Any]:
    return {
        "account": f"channel:{account.code}",
        "begin": period.starts_at,
        "end": period.ends_at,
        "zone": timezone.get_default_timezone_name(),
    }


def _statement(
    account: AccountView, currency: str, period: Period, opening: Money, moved: _Moved, days: list[Statement]
) -> Statement:
    figures, counts = {}, {}
    for figure in Figure:
        parts = [
            numbers
            for (its_currency, day, kind), numbers in moved.items()
            if (its_currency, kind) == (currency, figure.value) and period.first <= day < period.after
        ]
        minor = sum(minor for _, minor in parts)
        figures[figure] = Money(-minor if figure in AWAY else minor, currency)
        counts[figure] = sum(count for count, _ in parts)
    return Statement(
        account=account,
        currency=currency,
        period=period,
        opening=opening,
        figures=figures,
        counts=counts,
        days=days,
    )


def _days(account: AccountView, currency: str, period: Period, opening: Money, moved: _Moved) -> list[Statement]:
    days = []
    for day in sorted({day for its_currency, day, _ in moved if its_currency == currency}):
        one = _statement(account, currency, Period.named(day.isoformat()), opening, moved, [])
        days.append(one)
        opening = one.closing
    return days


def entries(
    account: AccountView, currency: str, period: Period, figure: Figure, *, after: int = 0, size: int | None = 50
) -> list[Entry]:
    """Return the ledger entries behind a figure in the order in which they were booked, those after entry `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT entry_id, booked_at, journal, attempt_no, refund_no, amount_minor FROM cashier_booked "
            "WHERE account = %(account)s AND currency = %(currency)s AND booked_at >= %(begin)s AND booked_at < %(end)s "
            "AND split_part(journal, ':', 1) = %(figure)s AND entry_id > %(after)s ORDER BY entry_id LIMIT %(size)s",
            {**_values(account, period), "currency": currency, "figure": figure.value, "after": after, "size": size},
        )
        return [
            Entry(
                entry_id=entry_id,
                booked_at=booked_at,
                journal=journal,
                attempt_no=attempt_no,
                refund_no=refund_no,
                money=Money(-minor if figure in AWAY else minor, currency),
            )
            for entry_id, booked_at, journal, attempt_no, refund_no, minor in cursor.fetchall()
        ]

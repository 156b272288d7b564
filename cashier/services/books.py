"""What reconciliation needs of the payment centre: the channel's bills, facts out of their lines, and bookings.

What was settled, asked and booked it reads in SQL, from the views `cashier_settled`, `cashier_asked` and
`cashier_booked` (docs/adr/0003): a million rows are compared where they lie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO

from cashier.channels.base import BillKind, BillLine, BillNotReady, BillUnusable, Fact, Outcome, UnreadableLine
from cashier.models import ChannelAccount
from cashier.services import ledger
from cashier.services.channel_calls import channel_of
from cashier.services.ledger_days import balance
from cashier.services.settle import settle
from cashier.states import FactSource
from payhub.money import Money

__all__ = ["BillKind", "BillLine", "BillNotReady", "BillUnusable", "UnreadableLine"]  # for cashier.public


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """A merchant's account at a channel, as other apps see it."""

    code: str
    channel: str
    merchant_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledMoney:
    """One line of a bill that says that money moved."""

    account_code: str
    attempt_no: str
    money: Money
    refund_no: str = ""  #: Set: the money went back.
    channel_trade_no: str = ""
    occurred_at: datetime | None = None
    bill: str  #: Which bill, for people.
    row: int


def channel_accounts() -> list[AccountView]:
    """Return all channel accounts, switched-off ones included: their money is still accounted for."""
    found = ChannelAccount.objects.order_by("id")
    return [
        AccountView(code=row.code, channel=row.channel, merchant_id=row.merchant_id, created_at=row.created_at)
        for row in found
    ]


def bill_starts_at(account_code: str, day: date) -> datetime:
    """Return when the channel's own day begins."""
    return channel_of(_account(account_code)).bill_starts_at(day)


def fetch_bill(account_code: str, day: date, into: BinaryIO) -> bool:
    """Fetch the channel's bill of a day into a file; False when there were no trades.

    Raises BillNotReady (ask again), BillUnusable. Never called inside a transaction.
    """
    return channel_of(_account(account_code)).fetch_bill(day, into)


def read_bill(account_code: str, day: date, file: BinaryIO) -> Iterator[BillLine | UnreadableLine]:
    """Give the lines of a bill in order; raise BillUnusable, also after the last one."""
    return channel_of(_account(account_code)).read_bill(file, day)


def held_at_channel(*, account_code: str, currency: str, at: datetime) -> Money:
    """Return what the channel held for us just before `at`, by the ledger; never a scan of all history."""
    return balance(account=f"channel:{account_code}", currency=currency, at=at)


def settle_billed(billed: BilledMoney, *, now: datetime) -> str:
    """Let a bill's line go through the one door; return what became of it, a name of `cashier.states.Verdict`.

    The same line again changes nothing. Never called inside a transaction.
    """
    fact = Fact(
        outcome=Outcome.PAID,
        attempt_no=billed.attempt_no,
        refund_no=billed.refund_no,
        amount=billed.money,
        channel_trade_no=billed.channel_trade_no,
        occurred_at=billed.occurred_at,
        raw={"bill": billed.bill, "row": billed.row},
    )
    return settle(fact=fact, source=FactSource.BILL, account=_account(billed.account_code), now=now).verdict


def book_bill(*, account_code: str, day: date, fees: Money, net: Money, now: datetime) -> None:
    """Book a closed bill in the open transaction: the fees that the channel kept, and the rest that it paid out.

    `net` is what it collected less what it returned. A day and currency is booked once.
    """
    account = _account(account_code)
    ledger.book_fee(account=account, day=day, money=fees, now=now)
    payout = Money(net.minor - fees.minor, net.currency)
    ledger.book_settlement(account=account, day=day, money=payout, now=now)


def book_difference(*, account_code: str, cause: str, money: Money, now: datetime) -> bool:
    """Book in the open transaction that the channel holds `money` more than our facts say (negative: less).

    `cause` names the decision; it is booked once. False: it was booked before.
    """
    return ledger.book_correction(account=_account(account_code), cause=cause, money=money, now=now)


def _account(code: str) -> ChannelAccount:
    return ChannelAccount.objects.get(code=code)

"""Booking: every journal sums to zero and names its cause, so that nothing is booked twice.

Accounts: `channel:<account>` what the channel holds for us; `merchant:<code>` what we owe the merchant;
`surplus:<code>` what we owe shoppers who paid too much; `suspense` money whose owner is not known yet;
`fees:<account>` what the channel took for its service; `bank:<account>` what the channel paid out;
`differences:<account>` what a person decided to take as the channel's bill has it.
Positive is debit (it is with the account), negative is credit (it is owed to the account).
"""

from __future__ import annotations

from datetime import date, datetime

from cashier.models import Attempt, ChannelAccount, ChannelFact, LedgerEntry, Payment, Refund
from payhub.db import require_transaction
from payhub.money import Money

SUSPENSE = "suspense"


def channel_account(attempt_or_fact: Attempt | ChannelFact) -> str:
    """Name the account of what the channel holds."""
    return f"channel:{attempt_or_fact.account.code}"


def _book(journal: str, debit: str, credit: str, money: Money, fact: ChannelFact | None, now: datetime) -> None:
    sides = ((debit, money.minor), (credit, -money.minor))
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            journal=journal,
            line=line,
            account=account,
            amount_minor=minor,
            currency=money.currency,
            fact=fact,
            booked_at=now,
        )
        for line, (account, minor) in enumerate(sides, start=1)
    )


def _received(fact: ChannelFact) -> Money:
    if fact.money is None:
        raise ValueError(f"{fact} says nothing of how much.")
    return fact.money


def book_receipt(payment: Payment, attempt: Attempt, fact: ChannelFact, now: datetime) -> None:
    """The channel collected what the merchant asked for."""
    merchant = f"merchant:{payment.merchant.code}"
    _book(f"receipt:{fact.pk}", channel_account(attempt), merchant, _received(fact), fact, now)


def book_surplus(payment: Payment, attempt: Attempt, fact: ChannelFact, now: datetime) -> None:
    """The channel collected money that goes back."""
    surplus = f"surplus:{payment.merchant.code}"
    _book(f"receipt:{fact.pk}", channel_account(attempt), surplus, _received(fact), fact, now)


def book_suspense(fact: ChannelFact, now: datetime) -> None:
    """The channel collected, or returned, money for a number that is not ours."""
    if fact.refund_no:
        _book(f"return:{fact.pk}", SUSPENSE, channel_account(fact), _received(fact), fact, now)
    else:
        _book(f"receipt:{fact.pk}", channel_account(fact), SUSPENSE, _received(fact), fact, now)


def book_return(refund: Refund, fact: ChannelFact, now: datetime) -> None:
    """The channel returned money."""
    merchant = refund.attempt.payment.merchant.code
    owed = f"surplus:{merchant}" if refund.is_surplus else f"merchant:{merchant}"
    _book(f"return:{refund.refund_no}", owed, channel_account(refund.attempt), refund.money, fact, now)


def book_fee(*, account: ChannelAccount, day: date, money: Money, now: datetime) -> bool:
    """The channel kept its fees of a day, as its bill says; tell whether they were booked now (a day is booked once)."""
    journal = f"fees:{account.pk}:{day}:{money.currency}"
    return _book_once(journal, f"fees:{account.code}", f"channel:{account.code}", money, now)


def book_settlement(*, account: ChannelAccount, day: date, money: Money, now: datetime) -> bool:
    """The channel paid out for a day; tell whether it was booked now (a day is booked once)."""
    journal = f"settlement:{account.pk}:{day}:{money.currency}"
    return _book_once(journal, f"bank:{account.code}", f"channel:{account.code}", money, now)


def book_correction(*, account: ChannelAccount, cause: str, money: Money, now: datetime) -> bool:
    """Somebody decided that the channel is right: it holds `money` more (negative: less) than our facts say."""
    journal = f"correction:{cause}:{money.currency}"
    return _book_once(journal, f"channel:{account.code}", f"differences:{account.code}", money, now)


def _book_once(journal: str, debit: str, credit: str, money: Money, now: datetime) -> bool:
    require_transaction("A booking")
    if money.minor == 0 or LedgerEntry.objects.filter(journal=journal).exists():
        return False
    _book(journal, debit, credit, money, None, now)  # a second writer at the same time meets the unique journal line
    return True

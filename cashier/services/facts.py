"""Storing facts: append-only, the same one once."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TypedDict

from cashier.channels.base import Fact, Outcome
from cashier.models import Attempt, ChannelAccount, ChannelFact, Refund
from cashier.services import ledger
from cashier.states import RECEIPTS, AttemptState, FactSource, Verdict
from payhub.db import insert_once
from payhub.money import Money
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review


class Taken(TypedDict):
    """What became of a fact, as `settle` tells it."""

    verdict: Verdict
    is_new: bool


def store(
    fact: Fact,
    source: FactSource,
    account: ChannelAccount,
    verdict: Verdict,
    now: datetime,
    *,
    attempt: Attempt | None = None,
    refund: Refund | None = None,
) -> ChannelFact | None:
    """Store the fact with its verdict; return None when the same one stands already."""
    amount = fact.amount
    # Money for a number that is not ours goes to suspense, and no row of ours tells that it was taken already: the
    # notification and the line of the bill are one fact then.
    door = "" if verdict is Verdict.NOT_OURS else source
    # A return's line does not always name the payment at the channel; its own number is enough.
    trade_no = "" if fact.refund_no and not door else fact.channel_trade_no
    said = (account.pk, door, fact.attempt_no, fact.refund_no, fact.outcome, verdict, trade_no)
    money = (amount.minor, amount.currency) if amount else ()
    # A refund that was refused and sent again may be refused in the same words: that is news, not the old refusal.
    since = (f"since {refund.proof_id}",) if refund is not None and refund.proof_id else ()
    stored = ChannelFact(
        account=account,
        attempt=attempt,
        refund=refund,
        source=source,
        outcome=fact.outcome,
        verdict=verdict,
        attempt_no=fact.attempt_no[:64],
        refund_no=fact.refund_no[:64],
        amount_minor=amount.minor if amount else None,
        currency=amount.currency if amount else "",
        channel_trade_no=fact.channel_trade_no[:64],
        occurred_at=fact.occurred_at,
        code=fact.code[:80],
        message=fact.message[:200],
        raw=dict(fact.raw),
        digest=hashlib.sha256("\x1f".join(map(str, (*said, *money, *since))).encode()).hexdigest(),
        received_at=now,
    )
    return stored if insert_once(stored) else None


def receipts_of(attempt: Attempt) -> dict[str, Money]:
    """Return all receipts that were taken in for the locked attempt by the channel's numbers, the oldest first."""
    if attempt.state != AttemptState.SUCCEEDED:
        return {}
    receipts = ChannelFact.objects.filter(attempt=attempt, verdict__in=RECEIPTS).order_by("id")
    return {fact.channel_trade_no: fact.money for fact in receipts if fact.money is not None}


def take_not_ours(fact: Fact, source: FactSource, account: ChannelAccount, now: datetime) -> Taken:
    """Keep a fact about a number that is not this account's: no payment moves; money goes to suspense and a person."""
    stored = store(fact, source, account, Verdict.NOT_OURS, now)
    if stored is not None and fact.outcome is Outcome.PAID:
        ledger.book_suspense(stored, now)
        what = f"returned by {fact.refund_no}" if fact.refund_no else f"paid for {fact.attempt_no}"
        open_review(
            kind=Kind.UNKNOWN_NUMBER,
            subject=f"fact:{stored.pk}",
            reason=f"{account} says that {fact.amount} was {what}, which is no number of its.",
            owner=Owner.FINANCE,
            at=now,
            money=fact.amount,
        )
    return Taken(verdict=Verdict.NOT_OURS, is_new=stored is not None)

"""The decision table of settling, computed by the judge itself, for docs/states.md."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cashier.channels.base import Fact, Outcome
from cashier.models import Attempt, ChannelFact, Payment
from cashier.models.payment import ClosedBecause
from cashier.services.judge import judge
from cashier.states import AttemptState, PaymentState, Verdict
from payhub.merchants.models import LatePaymentPolicy, Merchant
from payhub.money import Money

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ASKED = Money(10_000, "CNY")

# What stands, by the names that the table and its test use: payment, its reason to end, late policy, attempt, surplus.
ROWS: dict[str, tuple[PaymentState, str, str, AttemptState, bool]] = {
    "OPEN / PAYING": (PaymentState.OPEN, "", "REFUND", AttemptState.PAYING, False),
    "OPEN / CLOSING": (PaymentState.OPEN, "", "REFUND", AttemptState.CLOSING, False),
    "OPEN / UNKNOWN": (PaymentState.OPEN, "", "REFUND", AttemptState.UNKNOWN, False),
    "OPEN / superseded": (PaymentState.OPEN, "", "REFUND", AttemptState.UNKNOWN, False),
    "OPEN / FAILED": (PaymentState.OPEN, "", "REFUND", AttemptState.FAILED, False),
    "OPEN / CLOSED": (PaymentState.OPEN, "", "REFUND", AttemptState.CLOSED, False),
    "OPEN / surplus": (PaymentState.OPEN, "", "REFUND", AttemptState.SUCCEEDED, True),
    "PAID / SUCCEEDED": (PaymentState.PAID, "", "REFUND", AttemptState.SUCCEEDED, False),
    "PAID / other PAYING": (PaymentState.PAID, "", "REFUND", AttemptState.PAYING, False),
    "PAID / other CLOSED": (PaymentState.PAID, "", "REFUND", AttemptState.CLOSED, False),
    "ending / CLOSING": (PaymentState.OPEN, "CANCELLED", "REFUND", AttemptState.CLOSING, False),
    "CANCELLED / CLOSED": (PaymentState.CLOSED, "CANCELLED", "ACCEPT", AttemptState.CLOSED, False),
    "EXPIRED / CLOSED": (PaymentState.CLOSED, "EXPIRED", "REFUND", AttemptState.CLOSED, False),
    "EXPIRED, accept / CLOSED": (PaymentState.CLOSED, "EXPIRED", "ACCEPT", AttemptState.CLOSED, False),
    "CANCELLED / superseded": (PaymentState.CLOSED, "CANCELLED", "REFUND", AttemptState.UNKNOWN, False),
}
COLUMNS = ("paid", "same", "other amount", "FAILED", "CLOSED", "IN_PROGRESS", "NOT_FOUND", "UNKNOWN", "REFUSED")

_HEAD = """## What a fact does

What `settle()` makes of a fact, by what stands and by what the channel said, whichever door the fact came in by
(notification, answer to a query, line of a bill). "paid": the amount asked, under a channel trade number not heard of
before; "same": the trade number that this attempt succeeded with; "other amount": another amount or currency.
A NOT_FOUND is FREES_CLOSED once nobody can pay the number any more: no code was ever shown and no create can be in
flight, or the deadline that the channel was given has passed by a minute.
"""
_TAIL = """
PAYS, PAYS_LATE: the attempt SUCCEEDED, the payment PAID, booked to the merchant, event `payment.paid`, all other live
attempts are closed. SURPLUS_…: the attempt SUCCEEDED with surplus, booked as owed to the shopper, a refund of the whole,
event `payment.surplus`. FREES_…: the attempt ends with this fact as its proof. CONTRADICTS: nothing but an exception
for a person. REPEATED, STILL_OPEN: nothing.
"""


def verdict(row: str, column: str) -> Verdict:
    """Ask the judge about one cell."""
    payment_state, ending, late, attempt_state, surplus = ROWS[row]
    payment = Payment(
        merchant=Merchant(late_payment_policy=LatePaymentPolicy(late)),
        amount_minor=_ASKED.minor,
        currency=_ASKED.currency,
        state=payment_state,
        close_wanted=ClosedBecause(ending) if ending else "",
    )
    first = "CH-FIRST" if attempt_state == AttemptState.SUCCEEDED else ""
    attempt = Attempt(
        payment=payment,
        amount_minor=_ASKED.minor,
        currency=_ASKED.currency,
        state=attempt_state,
        surplus=surplus,
        channel_trade_no=first,
        proof=ChannelFact(amount_minor=_ASKED.minor, currency=_ASKED.currency) if first else None,
        presentation_kind="QR",
        lease_until=_NOW,
        expires_at=_NOW + timedelta(minutes=1),
    )
    return judge(payment, attempt, _fact(column), _NOW, taken={first: _ASKED} if first else {})


def _fact(column: str) -> Fact:
    if column in {"paid", "same", "other amount"}:
        amount = Money(_ASKED.minor + 1, _ASKED.currency) if column == "other amount" else _ASKED
        number = "CH-FIRST" if column == "same" else "CH-NEW"
        return Fact(outcome=Outcome.PAID, attempt_no="A", amount=amount, channel_trade_no=number)
    return Fact(outcome=Outcome(column), attempt_no="A")


def section() -> str:
    """Return the section of docs/states.md."""
    lines = [
        f"| payment / attempt | {' | '.join(COLUMNS)} |",
        "|---" * (len(COLUMNS) + 1) + "|",
        *(f"| {row} | {' | '.join(verdict(row, column) for column in COLUMNS)} |" for row in ROWS),
    ]
    return "\n".join([_HEAD, *lines, _TAIL])

"""Evidence: what is known about the money of one payment, for whoever has to judge a complaint or a refund."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cashier.errors import PaymentNotFound
from cashier.models import Attempt, Payment, Refund
from cashier.services.query import ask_again
from cashier.services.settle import settle
from cashier.states import REFUND_COUNTED, FactSource, PaymentState, RefundState
from payhub import clock
from payhub.db import refuse_open_transaction
from payhub.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptEvidence:
    """One attempt, and by which doors the channel spoke of it."""

    attempt_no: str
    channel: str
    method: str
    state: str
    state_words: str
    surplus: bool
    money: Money
    channel_trade_no: str
    created_at: datetime
    paid_at: datetime | None  #: By the channel's clock, when it said so.
    told_by: tuple[str, ...]  #: Doors, in words, in the order in which they spoke.
    on_bill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyBox:
    """Where all money of a payment is. In the payment's currency; other currencies are an exception of their own."""

    received: Money
    owed: Money  #: What was asked for.
    returned: Money
    returning: Money  #: Asked for or on its way.
    left: Money  #: Of what paid it: what can still be returned.


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWord:
    """What the channel said just now about one attempt."""

    attempt_no: str
    outcome: str
    money: Money | None
    channel_trade_no: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that is known of one payment."""

    attempts: tuple[AttemptEvidence, ...]
    box: MoneyBox


def evidence_of(payment: Payment) -> Evidence:
    """Return what is known, from rows alone."""
    attempts = list(payment.attempts.select_related("account", "proof").prefetch_related("facts").order_by("id"))
    refunds = list(Refund.objects.filter(attempt__payment=payment).select_related("receipt"))
    return Evidence(attempts=tuple(_attempt(attempt) for attempt in attempts), box=_box(payment, attempts, refunds))


def _attempt(attempt: Attempt) -> AttemptEvidence:
    facts = sorted(attempt.facts.all(), key=lambda fact: fact.pk)
    proof = attempt.proof
    return AttemptEvidence(
        attempt_no=attempt.attempt_no,
        channel=attempt.account.channel,
        method=attempt.method,
        state=attempt.state,
        state_words=str(attempt.get_state_display()),
        surplus=attempt.surplus,
        money=(proof.money if proof else None) or attempt.money,
        channel_trade_no=attempt.channel_trade_no,
        created_at=attempt.created_at,
        paid_at=proof.occurred_at if proof and attempt.state == "SUCCEEDED" else None,
        told_by=tuple(dict.fromkeys(str(FactSource(fact.source).label) for fact in facts)),
        on_bill=any(fact.source == FactSource.BILL for fact in facts),
    )


def _box(payment: Payment, attempts: list[Attempt], refunds: list[Refund]) -> MoneyBox:
    currency = payment.currency
    receipts = {
        fact.pk: fact.money
        for attempt in attempts
        for fact in [attempt.proof, *(refund.receipt for refund in refunds if refund.attempt_id == attempt.pk)]
        if attempt.state == "SUCCEEDED" and fact is not None and fact.money is not None
    }
    counted = [refund for refund in refunds if refund.state in REFUND_COUNTED and refund.currency == currency]
    done = [refund for refund in counted if refund.state == RefundState.SUCCEEDED]
    of_order = [refund for refund in counted if not refund.is_surplus]
    paid = payment.amount_minor if payment.state == PaymentState.PAID else 0
    return MoneyBox(
        received=_sum((money for money in receipts.values() if money.currency == currency), currency),
        owed=payment.money,
        returned=_sum((refund.money for refund in done), currency),
        returning=_sum((refund.money for refund in counted if refund not in done), currency),
        left=Money(paid - sum(refund.amount_minor for refund in of_order), currency),
    )


def _sum(moneys: Iterable[Money], currency: str) -> Money:
    return Money(sum(money.minor for money in moneys), currency)


def find_evidence(*, merchant_id: int, merchant_order_no: str) -> Evidence:
    """Return what is known of the payment for this number; raise PaymentNotFound."""
    return evidence_of(_payment(merchant_id, merchant_order_no))


def ask_about(*, merchant_id: int, merchant_order_no: str) -> list[ChannelWord]:
    """Ask the channel anew about every attempt, ended ones too, settle what it says, and return it.

    A forged picture of a payment convinces nobody who has pressed this. Never called inside a transaction; raises
    PaymentNotFound.
    """
    refuse_open_transaction("Asking a channel")
    payment = _payment(merchant_id, merchant_order_no)
    said = []
    for attempt in payment.attempts.select_related("account", "payment__merchant").order_by("id"):
        fact, asked_at = ask_again(attempt)
        settle(fact=fact, source=FactSource.QUERY, account=attempt.account, now=clock.now(), asked_at=asked_at)
        said.append(
            ChannelWord(
                attempt_no=attempt.attempt_no,
                outcome=fact.outcome.value,
                money=fact.amount,
                channel_trade_no=fact.channel_trade_no,
            )
        )
    return said


def _payment(merchant_id: int, merchant_order_no: str) -> Payment:
    try:
        return Payment.objects.select_related("merchant").get(
            merchant_id=merchant_id, merchant_order_no=merchant_order_no
        )
    except Payment.DoesNotExist:
        raise PaymentNotFound from None

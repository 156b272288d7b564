"""Resolving by hand: a person decides with a reason, above the merchant's limit a second one with the first."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from cashier.public import book_difference
from payhub.db import committed
from payhub.money import Money
from payhub.trail.record import record
from reconciliation.errors import BillClosed, NotToDecide, NotYourDecision, ReasonMissing
from reconciliation.locks import lock_difference
from reconciliation.models import Bill, Difference
from reconciliation.services.sweep import wake_sweep
from reconciliation.states import BillState, Bucket, Decision, DifferenceState


def decide(
    *, difference_id: int, decision: Decision, reason: str, person: AbstractBaseUser, now: datetime
) -> Difference:
    """Resolve an open difference; above the merchant's limit it waits for a second person then.

    BOOK makes new ledger entries that take the channel's side; EXPLAIN books nothing. Raises ReasonMissing,
    NotToDecide, BillClosed.
    """
    if not reason.strip():
        raise ReasonMissing
    with committed():
        bill, difference = _locked(difference_id, DifferenceState.OPEN)
        if decision == Decision.BOOK and not can_book(difference):
            raise NotToDecide(
                "There is nothing to book here: the channel's side stands in the ledger, or moves nothing."
            )
        difference.decision, difference.reason, difference.resolved_by_id = decision, reason.strip(), person.pk
        if needs_second(difference):
            difference.propose()
            difference.save()
            _tell(bill, difference, "difference.proposed", person, now)
        else:
            _resolve(bill, difference, now)
            difference.save()
            _tell(bill, difference, "difference.resolved", person, now)
    return difference


def approve(*, difference_id: int, person: AbstractBaseUser, now: datetime) -> Difference:
    """Agree, as the second person. Raises NotYourDecision for the first, NotToDecide, BillClosed."""
    with committed():
        bill, difference = _locked(difference_id, DifferenceState.PROPOSED)
        if difference.resolved_by_id == person.pk:
            raise NotYourDecision
        difference.approved_by_id = person.pk
        _resolve(bill, difference, now)
        difference.save()
        _tell(bill, difference, "difference.approved", person, now)
    return difference


def reject(*, difference_id: int, person: AbstractBaseUser, now: datetime) -> Difference:
    """Disagree: it is open again. The first person may take it back so. Raises NotToDecide, BillClosed."""
    with committed():
        bill, difference = _locked(difference_id, DifferenceState.PROPOSED)
        _tell(bill, difference, "difference.rejected", person, now)
        difference.open_again()
        difference.decision, difference.reason, difference.resolved_by_id = "", "", None
        difference.save()
    return difference


def can_book(difference: Difference) -> bool:
    """Tell whether taking the channel's side would move money in our ledger."""
    return bool(_corrections(difference)) and not difference.is_booked


def needs_second(difference: Difference) -> bool:
    """Tell whether the merchant's limit asks for a second person (the database asks the same)."""
    return abs(difference.effect_minor) > difference.merchant.second_approver_above_minor


def _locked(difference_id: int, state: DifferenceState) -> tuple[Bill, Difference]:
    bill, difference = lock_difference(difference_id)
    if bill.state == BillState.CLOSED:
        raise BillClosed
    if difference.state != state:
        raise NotToDecide
    return bill, difference


def _resolve(bill: Bill, difference: Difference, now: datetime) -> None:
    difference.resolve(now)
    if difference.decision == Decision.BOOK:
        for money in _corrections(difference):
            book_difference(account_code=bill.account_code, cause=f"difference:{difference.pk}", money=money, now=now)
    bill.is_wanted, bill.is_cancelled, bill.fetch_at = True, False, now
    bill.save(update_fields=["is_wanted", "is_cancelled", "fetch_at"])
    wake_sweep()


def _corrections(difference: Difference) -> list[Money]:
    """What the ledger lacks to say the same as the bill: both currencies where they differ."""
    if difference.bucket != Bucket.CURRENCY:
        effect = difference.effect
        return [effect] if effect is not None and effect.minor else []
    sign = -1 if difference.kind == "REFUND" else 1
    ours = Money(-sign * (difference.local_minor or 0), difference.local_currency)
    return [Money(sign * (difference.line_minor or 0), difference.line_currency), ours]


def _tell(bill: Bill, difference: Difference, action: str, person: AbstractBaseUser, now: datetime) -> None:
    record(
        subject=bill.subject,
        action=action,
        actor=f"staff:{person}",
        at=now,
        difference=difference.pk,
        bucket=difference.bucket,
        effect=str(difference.effect or ""),
        decision=difference.decision,
        reason=difference.reason,
    )

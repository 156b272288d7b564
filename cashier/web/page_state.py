"""What a counter page shows: one pure function from rows and the time to a named state.

The rule of truth: "no money was taken" (`no_money_taken`) is said only when the channel proved the end of every
attempt; whatever is not known is told as not known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cashier.channels.base import PresentationKind
from cashier.models import Attempt, Payment, Refund
from cashier.models.payment import ClosedBecause
from cashier.services.extend import OFFERED_FOR
from cashier.services.pay_again import may_pay_again
from cashier.states import DEAD, AttemptState, PaymentState, RefundState


class Name(StrEnum):
    """The states of a counter page; templates, scripts and tests use these names."""

    READY = "ready"
    WAITING_QR = "waiting_qr"
    CODE_EXPIRED = "code_expired"
    WAITING_CHANNEL = "waiting_channel"
    WAITING_BRIDGE = "waiting_bridge"
    PROCESSING = "processing"
    UNKNOWN = "unknown"
    CLOSING = "closing"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUCCEEDED = "succeeded"
    ALREADY_PAID = "already_paid"
    PAID_LATE = "paid_late"
    LATE_REFUNDED = "late_refunded"
    DUPLICATE_REFUNDING = "duplicate_refunding"
    DUPLICATE_REFUNDED = "duplicate_refunded"
    REFUNDING = "refunding"
    REFUNDED = "refunded"
    PART_REFUNDED = "part_refunded"


class Ending(StrEnum):
    """Why the channel is being asked for an end."""

    GIVEN_UP = "given_up"  #: The shopper closed it or chose another method.
    CODE_OVER = "code_over"  #: The code's or page's own time is over.
    TIME_OVER = "time_over"  #: The time to pay is over.
    CANCELLED = "cancelled"  #: The merchant no longer wants the payment.


PAYABLE = frozenset({Name.READY, Name.FAILED, Name.CODE_EXPIRED})
PAYING = frozenset({Name.WAITING_QR, Name.WAITING_CHANNEL, Name.WAITING_BRIDGE})  # something payable is shown
WAITING = PAYING | {Name.PROCESSING, Name.UNKNOWN, Name.CLOSING}
_ENDS = frozenset(
    {Name.CANCELLED, Name.EXPIRED, Name.SUCCEEDED, Name.ALREADY_PAID, Name.LATE_REFUNDED}
    | {Name.DUPLICATE_REFUNDED, Name.REFUNDED, Name.PART_REFUNDED}
)
_ON_ITS_WAY = (RefundState.APPROVED, RefundState.SUBMITTED, RefundState.UNKNOWN)
# What a shopper is told of a refund that a merchant wants: nothing before somebody decided for it.
_TOLD = (*_ON_ITS_WAY, RefundState.FAILED, RefundState.SUCCEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageState:
    """What to show. `attempt` is the one that the page speaks of: the live one, the one that paid, or the last."""

    name: Name
    attempt: Attempt | None = None
    ending: Ending | None = None  #: Set when `name` is CLOSING.
    extra: tuple[Attempt, ...] = ()  #: Attempts whose money goes back.
    refunds: tuple[Refund, ...] = ()  #: The returns that the shopper is told of.
    unsettled: tuple[Attempt, ...] = ()  #: Earlier attempts that may still turn out to be paid.
    no_money_taken: bool = False  #: Proved by the channel for every attempt there was.
    latest_no: str = ""  #: The latest attempt that this page knows; goes with every click.
    may_pay_again: bool = False  #: The shopper may declare that `attempt` charged them nothing.
    version: str = field(default="", compare=False)  #: Changes when the page must be drawn anew.

    @property
    def is_payable(self) -> bool:
        """Whether the page offers to start an attempt."""
        return self.name in PAYABLE

    @property
    def may_start_another(self) -> bool:
        """Whether another way to pay may be started beside the attempt that is open: the merchant returns what is extra."""
        return self.name in PAYING and self.attempt is not None and not self.attempt.exclusive

    @property
    def is_waiting(self) -> bool:
        """Whether an attempt's end is awaited."""
        return self.name in WAITING

    @property
    def is_terminal(self) -> bool:
        """Whether nothing is awaited any more: an open page may stop looking."""
        return self.name in _ENDS and not self.unsettled


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    payment: Payment
    attempts: Sequence[Attempt]
    refunds: Sequence[Refund]
    now: datetime


def page_state(
    payment: Payment, attempts: Sequence[Attempt], refunds: Sequence[Refund], now: datetime, *, stopped: bool = False
) -> PageState:
    """Return what the page shows. Rows are oldest first; `stopped`: a click of this shopper was just stopped because
    the payment is paid. Reads nothing, changes nothing."""
    rows = _Rows(payment=payment, attempts=attempts, refunds=refunds, now=now)
    if payment.state == PaymentState.PAID:
        name, attempt, ending = _paid(rows, stopped=stopped)
    elif payment.state == PaymentState.CLOSED:
        name, attempt, ending = _closed(rows)
    else:
        name, attempt, ending = _open(rows)
    again = attempt is not None and may_pay_again(attempt, attempts, now)
    return PageState(
        name=name,
        attempt=attempt,
        ending=ending,
        extra=tuple(a for a in attempts if a.surplus),
        refunds=tuple(r for r in refunds if r.is_surplus or r.state in _TOLD),
        unsettled=tuple(a for a in attempts if a.is_live and (attempt is None or a.pk != attempt.pk)),
        no_money_taken=all(a.state in DEAD for a in attempts),
        latest_no=attempts[-1].attempt_no if attempts else "",
        may_pay_again=again,
        version=_version(rows, name, ending, again=again),
    )


_PAID_BY: dict[str, Name] = {
    PresentationKind.QR: Name.WAITING_QR,
    PresentationKind.BRIDGE: Name.WAITING_BRIDGE,
}
_Shown = tuple[Name, Attempt | None, Ending | None]


def _paid(rows: _Rows, *, stopped: bool) -> _Shown:
    payer = next((a for a in rows.attempts if a.pk == rows.payment.paid_by_id), None)
    surplus = [r for r in rows.refunds if r.is_surplus]
    if surplus:
        back = all(r.state == RefundState.SUCCEEDED for r in surplus)
        return (Name.DUPLICATE_REFUNDED if back else Name.DUPLICATE_REFUNDING), payer, None
    if stopped:
        return Name.ALREADY_PAID, payer, None
    told = [r for r in rows.refunds if r.state in _TOLD]
    if any(r.state != RefundState.SUCCEEDED for r in told):
        return Name.REFUNDING, payer, None
    if told:
        whole = sum(r.amount_minor for r in told) >= rows.payment.amount_minor
        return (Name.REFUNDED if whole else Name.PART_REFUNDED), payer, None
    return Name.SUCCEEDED, payer, None


def _closed(rows: _Rows) -> _Shown:
    late = [a for a in rows.attempts if a.surplus]
    if late:
        back = bool(rows.refunds) and all(r.state == RefundState.SUCCEEDED for r in rows.refunds)
        return (Name.LATE_REFUNDED if back else Name.PAID_LATE), late[-1], None
    last = rows.attempts[-1] if rows.attempts else None
    attempt = last if last is not None and not last.is_live else None
    cancelled = rows.payment.close_wanted == ClosedBecause.CANCELLED
    return (Name.CANCELLED if cancelled else Name.EXPIRED), attempt, None


def _open(rows: _Rows) -> _Shown:
    live = [a for a in rows.attempts if a.is_live and a.superseded_at is None]
    if live:
        return _live(rows, live[-1])
    last = rows.attempts[-1] if rows.attempts else None
    if rows.payment.close_wanted or rows.now >= rows.payment.expires_at:
        return Name.CLOSING, None, _ending(rows, None)
    if last is None or last.is_live:  # a live one is superseded here: the next may start
        return Name.READY, None, None
    if last.state == AttemptState.FAILED:
        return Name.FAILED, last, None
    if last.state == AttemptState.CLOSED and last.ended_at is not None and last.ended_at >= last.expires_at:
        return Name.CODE_EXPIRED, last, None
    return Name.READY, last, None


def _live(rows: _Rows, attempt: Attempt) -> _Shown:
    if attempt.state == AttemptState.UNKNOWN:
        return Name.UNKNOWN, attempt, None
    if attempt.state == AttemptState.CLOSING or rows.now >= attempt.expires_at:
        # A code past its time is never told as unused before the channel said so.
        return Name.CLOSING, attempt, _ending(rows, attempt)
    if attempt.presentation_kind:
        return _PAID_BY.get(attempt.presentation_kind, Name.WAITING_CHANNEL), attempt, None
    # No code: the create is under way, or its answer was lost and the trade may stand at the channel.
    return (Name.PROCESSING if rows.now < attempt.lease_until else Name.UNKNOWN), attempt, None


def _ending(rows: _Rows, attempt: Attempt | None) -> Ending:
    if rows.payment.close_wanted == ClosedBecause.CANCELLED:
        return Ending.CANCELLED
    if rows.payment.close_wanted or rows.now >= rows.payment.expires_at:
        return Ending.TIME_OVER
    if attempt is not None and rows.now >= attempt.expires_at:
        return Ending.CODE_OVER
    return Ending.GIVEN_UP


def _version(rows: _Rows, name: Name, ending: Ending | None, *, again: bool) -> str:
    # `again`: the last way out opens by the clock and the count of questions; an open page must offer it then.
    told = [name, ending, again, rows.payment.state, rows.payment.close_wanted, rows.payment.expires_at]
    told += [(a.attempt_no, a.state, a.superseded_at, a.presentation_kind, a.last_outcome) for a in rows.attempts]
    told += [(r.refund_no, r.state) for r in rows.refunds]
    told.append(name in PAYABLE and rows.now >= rows.payment.expires_at - OFFERED_FOR)
    return hashlib.sha256(repr([str(part) for part in told]).encode()).hexdigest()[:16]

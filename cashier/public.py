"""The one door for other apps: what they may ask of the payment centre, and what they get back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Prefetch

from cashier.errors import (
    CashierError,
    NothingToRefund,
    OrderConflict,
    PaymentNotFound,
    RefundChanged,
    RefundConflict,
    RefundNotFound,
)
from cashier.models import Attempt, Payment, Refund
from cashier.models.refund import RefundReason
from cashier.selectors import (
    Progress,
    cashier_url_of,
    find_order_no,
    progress_of,
    refunds_of_merchant,
    standings,
)
from cashier.services import end_payment
from cashier.services.books import (
    AccountView,
    BilledMoney,
    BillKind,
    BillLine,
    BillNotReady,
    BillUnusable,
    UnreadableLine,
    bill_starts_at,
    book_bill,
    book_difference,
    channel_accounts,
    fetch_bill,
    held_at_channel,
    read_bill,
    settle_billed,
)
from cashier.services.evidence import AttemptEvidence, ChannelWord, Evidence, MoneyBox, ask_about, find_evidence
from cashier.services.refund import Asker, Wish, request_merchant_refund
from cashier.services.refund import request_refund as _request_refund
from cashier.states import LIVE, REFUND_COUNTED, AttemptState, FactSource, PaymentState, RefundState
from payhub import numbers
from payhub.db import committed, insert_once
from payhub.money import Money
from payhub.trail.record import record

ATTEMPTS = Attempt.objects.select_related("account", "proof").order_by("id")

# What a merchant may say; the others are of payhub's own making.
MERCHANT_REASONS = (RefundReason.RETURNED_GOODS, RefundReason.GOODWILL, RefundReason.OTHER)

__all__ = ["MERCHANT_REASONS"]
__all__ += ["AttemptState", "AttemptView", "OrderConflict", "PaymentNotFound", "PaymentState", "PaymentView"]
__all__ += ["RefundState", "RefundView"]
__all__ += ["CashierError", "NothingToRefund", "RefundChanged", "RefundConflict", "RefundNotFound"]
__all__ += ["PaymentSummary", "Progress", "RefundReason"]
__all__ += ["find_refund", "list_refunds", "request_refund", "summarise_payments"]
__all__ += ["AttemptEvidence", "ChannelWord", "Evidence", "MoneyBox", "Wish", "ask_about", "find_by_counter"]
__all__ += ["find_evidence", "find_order_no", "request_refund_as_staff"]
__all__ += ["AccountView", "BillKind", "BillLine", "BillNotReady", "BillUnusable", "BilledMoney", "UnreadableLine"]
__all__ += ["bill_starts_at", "book_bill", "book_difference", "channel_accounts", "fetch_bill", "read_bill"]
__all__ += ["held_at_channel", "settle_billed"]
__all__ += ["cancel_payment", "find_payment", "find_payments", "open_payment"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """One attempt, for people and merchants."""

    attempt_no: str
    channel: str
    method: str
    state: str
    surplus: bool
    channel_trade_no: str
    created_at: datetime
    ended_at: datetime | None
    found_by: str  #: The door by which its end came in; empty while live.

    @property
    def is_live(self) -> bool:
        """Whether the channel may still collect by this number, as far as we know."""
        return self.state in LIVE

    @property
    def state_words(self) -> str:
        """Its state in the reader's language."""
        return str(AttemptState(self.state).label)

    @property
    def found_by_words(self) -> str:
        """The door by which its end came in, in the reader's language."""
        return str(FactSource(self.found_by).label) if self.found_by else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundView:
    """One refund, for people and merchants."""

    refund_no: str
    attempt_no: str
    money: Money
    state: str
    reason: str
    is_surplus: bool
    requested_at: datetime
    ended_at: datetime | None
    merchant_order_no: str
    merchant_refund_no: str  #: The merchant's own number; empty when payhub began it.

    @property
    def state_words(self) -> str:
        """Its state in the reader's language."""
        return str(RefundState(self.state).label)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSummary:
    """How one payment stands, for lists."""

    payment_no: str
    state: str
    ending: str
    cashier_url: str
    expires_at: datetime
    progress: str  #: Progress: how far the shopper came.
    surplus_minor: int  #: What came in beyond the amount asked; all of it goes back.


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """One payment as other apps see it; a copy, never a row."""

    payment_no: str
    merchant_id: int
    merchant_order_no: str
    money: Money
    state: str
    ending: str  #: EXPIRED or CANCELLED once its end is wanted, else empty.
    cashier_url: str
    created_at: datetime
    expires_at: datetime
    paid_at: datetime | None
    attempts: tuple[AttemptView, ...]
    refunds: tuple[RefundView, ...]
    progress: str
    surplus_minor: int

    @property
    def refundable(self) -> Money:
        """What is left to return of what paid it, less every refund that is done or may still be."""
        taken = sum(r.money.minor for r in self.refunds if not r.is_surplus and r.state in REFUND_COUNTED)
        return Money(self.money.minor - taken if self.state == PaymentState.PAID else 0, self.money.currency)

    @property
    def subject(self) -> str:
        """Its name in the trail."""
        return f"payment:{self.payment_no}"

    @property
    def help_url(self) -> str:
        """Where the shopper says that something about it is wrong."""
        return f"{self.cashier_url}help"


def open_payment(
    *,
    merchant_id: int,
    merchant_order_no: str,
    money: Money,
    title: str,
    return_url: str,
    help_url: str = "",
    payer_id: str = "",
    expires_at: datetime | None = None,
    actor: str,
    now: datetime,
) -> PaymentView:
    """Return the payment for this order number, opening it when there is none. Safe to repeat.

    `payer_id`: the shopper's id at the channel (WeChat Pay's openid); it stays what it was when the payment was opened.
    Raises OrderConflict when the number is known with another amount or currency. Never called inside a transaction.
    """
    payment = Payment(
        payment_no=numbers.payment_no(now),
        token=numbers.token(),
        merchant_id=merchant_id,
        merchant_order_no=merchant_order_no,
        amount_minor=money.minor,
        currency=money.currency,
        title=title[:120],
        return_url=return_url,
        help_url=help_url,
        payer_id=payer_id,
        created_at=now,
        expires_at=expires_at or now + timedelta(seconds=settings.PAYMENT_LIFETIME_S),
    )
    with committed():
        if is_new := insert_once(payment):
            record(subject=payment.subject, action="payment.opened", actor=actor, at=now, amount=str(money))
        else:
            payment = Payment.objects.get(merchant_id=merchant_id, merchant_order_no=merchant_order_no)
    if payment.money != money:
        raise OrderConflict
    return _view(payment, [] if is_new else None)


def find_payment(*, merchant_id: int, merchant_order_no: str) -> PaymentView:
    """Return the payment for this order number as it stands; raise PaymentNotFound. Asks no channel."""
    found = find_payments(merchant_id=merchant_id, merchant_order_nos=[merchant_order_no])
    if not found:
        raise PaymentNotFound
    return found[merchant_order_no]


def find_payments(*, merchant_id: int, merchant_order_nos: list[str]) -> dict[str, PaymentView]:
    """Return the payments of many order numbers at once, by order number; unknown numbers are left out."""
    payments = (
        Payment.objects.filter(merchant_id=merchant_id, merchant_order_no__in=merchant_order_nos)
        .prefetch_related(Prefetch("attempts", ATTEMPTS), Prefetch("attempts__refunds", Refund.objects.order_by("id")))
        .order_by("id")
    )
    return {payment.merchant_order_no: _view(payment) for payment in payments}


def summarise_payments(*, merchant_id: int, merchant_order_nos: list[str]) -> dict[str, PaymentSummary]:
    """Return how the payments of many order numbers stand, by order number, in one statement."""
    return {
        standing.payment.merchant_order_no: PaymentSummary(
            payment_no=standing.payment.payment_no,
            state=standing.payment.state,
            ending=standing.payment.close_wanted,
            cashier_url=cashier_url_of(standing.payment),
            expires_at=standing.payment.expires_at,
            progress=standing.progress,
            surplus_minor=standing.surplus_minor,
        )
        for standing in standings(merchant_id, merchant_order_nos)
    }


def request_refund(
    *,
    merchant_id: int,
    merchant_order_no: str,
    merchant_refund_no: str,
    money: Money,
    reason: str,
    note: str,
    actor: str,
    person_id: int | None = None,
    refundable_seen_minor: int | None = None,
    now: datetime,
) -> RefundView:
    """Ask for the merchant to return (a part of) what was paid; the same `merchant_refund_no` again is the same refund.

    REQUESTED: payhub's finance decides. APPROVED: within the merchant's own limit, it is being sent. Raises
    PaymentNotFound, NothingToRefund, RefundChanged, RefundConflict. Never called inside a transaction.
    """
    wish = Wish(
        money=money,
        reason=RefundReason(reason),
        note=note,
        merchant_refund_no=merchant_refund_no,
        refundable_seen_minor=refundable_seen_minor,
    )
    refund = request_merchant_refund(
        merchant_id=merchant_id,
        merchant_order_no=merchant_order_no,
        wish=wish,
        asker=Asker(actor=actor, person_id=person_id),
        now=now,
    )
    return find_refund(merchant_id=merchant_id, refund_no=refund.refund_no)


def find_refund(*, merchant_id: int, refund_no: str) -> RefundView:
    """Return one refund of a merchant; raise RefundNotFound for another's as for none."""
    refund = refunds_of_merchant(merchant_id).filter(refund_no=refund_no).first()
    if refund is None:
        raise RefundNotFound
    return _refund_view(refund, refund.attempt)


def list_refunds(
    *, merchant_id: int, merchant_order_no: str = "", state: str = "", before: str = "", limit: int
) -> list[RefundView]:
    """Return a merchant's refunds, newest first, at most `limit`, older than the refund number `before`."""
    found = refunds_of_merchant(merchant_id)
    if merchant_order_no:
        found = found.filter(attempt__payment__merchant_order_no=merchant_order_no)
    if state:
        found = found.filter(state=state)
    if before:
        found = found.filter(pk__lt=refunds_of_merchant(merchant_id).filter(refund_no=before).values("pk"))
    return [_refund_view(refund, refund.attempt) for refund in found.order_by("-pk")[:limit]]


def cancel_payment(*, merchant_id: int, merchant_order_no: str, actor: str, now: datetime) -> PaymentView:
    """Begin to cancel the payment; raise PaymentNotFound.

    The answer's `state` is CLOSED when it is over, OPEN with `ending` while the channel is being asked (a
    `payment.closed` or `payment.paid` event tells the end), PAID when the money was quicker.
    """
    found = Payment.objects.filter(merchant_id=merchant_id, merchant_order_no=merchant_order_no)
    payment_id = found.values_list("pk", flat=True).first()
    if payment_id is None:
        raise PaymentNotFound
    return _view(end_payment.cancel_payment(payment_id=payment_id, actor=actor, now=now))


def find_by_counter(token: str) -> PaymentView:
    """Return the payment at the counter's address /c/<token>/; raise PaymentNotFound."""
    payment = Payment.objects.filter(token=token).first()
    if payment is None:
        raise PaymentNotFound
    return _view(payment)


def request_refund_as_staff(
    *, merchant_id: int, merchant_order_no: str, wish: Wish, requested_by: AbstractBaseUser, now: datetime
) -> str:
    """Ask to return (a part of) what paid this order number, and return the refund's number; another person approves.

    Raises PaymentNotFound, NothingToRefund, and RefundChanged when the page that was looked at was stale.
    """
    payment_id = Payment.objects.filter(merchant_id=merchant_id, merchant_order_no=merchant_order_no).values_list("pk")
    found = payment_id.first()
    if found is None:
        raise PaymentNotFound
    return _request_refund(payment_id=found[0], wish=wish, requested_by=requested_by, now=now).refund_no


def _view(payment: Payment, attempts: list[Attempt] | None = None) -> PaymentView:
    """Return the payment as others see it; `attempts` when they are known, else they are read."""
    if attempts is None:
        attempts = sorted(payment.attempts.all(), key=lambda attempt: attempt.pk)
    refunds = [(refund, a) for a in attempts for refund in sorted(a.refunds.all(), key=lambda refund: refund.pk)]
    return PaymentView(
        payment_no=payment.payment_no,
        merchant_id=payment.merchant_id,
        merchant_order_no=payment.merchant_order_no,
        money=payment.money,
        state=payment.state,
        ending=payment.close_wanted,
        cashier_url=cashier_url_of(payment),
        created_at=payment.created_at,
        expires_at=payment.expires_at,
        paid_at=payment.paid_at,
        attempts=tuple(
            AttemptView(
                attempt_no=attempt.attempt_no,
                channel=attempt.account.channel,
                method=attempt.method,
                state=attempt.state,
                surplus=attempt.surplus,
                channel_trade_no=attempt.channel_trade_no,
                created_at=attempt.created_at,
                ended_at=attempt.ended_at,
                found_by=attempt.proof.source if attempt.proof else "",
            )
            for attempt in attempts
        ),
        refunds=tuple(_refund_view(refund, attempt, payment.merchant_order_no) for refund, attempt in refunds),
        progress=progress_of([attempt.state for attempt in attempts]),
        surplus_minor=sum(refund.amount_minor for refund, _ in refunds if refund.is_surplus),
    )


def _refund_view(refund: Refund, attempt: Attempt, merchant_order_no: str = "") -> RefundView:
    return RefundView(
        refund_no=refund.refund_no,
        attempt_no=attempt.attempt_no,
        money=refund.money,
        state=refund.state,
        reason=refund.reason,
        is_surplus=refund.is_surplus,
        requested_at=refund.requested_at,
        ended_at=refund.ended_at,
        merchant_order_no=merchant_order_no or attempt.payment.merchant_order_no,
        merchant_refund_no=refund.merchant_refund_no,
    )

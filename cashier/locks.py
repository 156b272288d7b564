"""Every row lock of the payment centre, always evaluated, always in this order: payment, attempts, refund.

Whoever holds the payment's lock may decide about everything below it; nobody decides without it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cashier.errors import AttemptNotFound, PaymentNotFound, RefundNotFound
from cashier.models import Attempt, Payment, PendingQuery, Refund
from cashier.states import PaymentState


def lock_payment(payment_id: int) -> Payment:
    """Lock and return one payment; raise PaymentNotFound."""
    try:
        return Payment.objects.select_for_update(of=("self",)).select_related("merchant").get(pk=payment_id)
    except Payment.DoesNotExist:
        raise PaymentNotFound from None


def lock_payment_of_order(*, merchant_id: int, merchant_order_no: str) -> Payment:
    """Lock and return the payment of a merchant's order number; raise PaymentNotFound."""
    found = Payment.objects.select_for_update(of=("self",)).select_related("merchant")
    payment = found.filter(merchant_id=merchant_id, merchant_order_no=merchant_order_no).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def lock_payment_of_attempt(attempt_no: str) -> Payment:
    """Lock and return the payment of an attempt; raise AttemptNotFound."""
    try:
        return (
            Payment.objects.select_for_update(of=("self",))
            .select_related("merchant")
            .get(attempts__attempt_no=attempt_no)
        )
    except Payment.DoesNotExist:
        raise AttemptNotFound from None


def lock_attempts(payment: Payment) -> list[Attempt]:
    """Lock and return all attempts of a locked payment, oldest first."""
    found = Attempt.objects.select_for_update(of=("self",)).select_related("account").filter(payment=payment)
    return list(found.order_by("id"))


def lock_payment_of_refund(refund_no: str) -> Payment:
    """Lock and return the payment of a refund; raise RefundNotFound."""
    try:
        return (
            Payment.objects.select_for_update(of=("self",))
            .select_related("merchant")
            .get(attempts__refunds__refund_no=refund_no)
        )
    except Payment.DoesNotExist:
        raise RefundNotFound from None


def lock_refund(refund_no: str) -> Refund:
    """Lock and return one refund of a locked payment; raise RefundNotFound."""
    try:
        return (
            Refund.objects.select_for_update(of=("self",))
            .select_related("attempt__account", "attempt__payment__merchant", "receipt")
            .get(refund_no=refund_no)
        )
    except Refund.DoesNotExist:
        raise RefundNotFound from None


def lock_overdue_payments(now: datetime, limit: int) -> list[Payment]:
    """Lock and return open payments past their time whose end nobody asked for yet, passing over those in use."""
    found = Payment.objects.select_for_update(skip_locked=True, of=("self",)).select_related("merchant")
    return list(
        found.filter(state=PaymentState.OPEN, expires_at__lte=now, close_wanted="").order_by("expires_at", "id")[:limit]
    )


def claim_due_queries(channel: str, now: datetime, limit: int, lease_s: float) -> list[PendingQuery]:
    """Lease and return due queries of one channel, oldest first, passing over those that others are at.

    The lease outlives the transaction: while it runs nobody else asks; after a crash it runs out and they do.
    """
    found = PendingQuery.objects.select_for_update(skip_locked=True, of=("self",)).filter(
        channel=channel, next_at__lte=now
    )
    due = list(found.order_by("next_at", "id")[:limit])
    if due:
        # Moving next_at is the lease: one column decides who is due, and the index stays small.
        PendingQuery.objects.filter(pk__in=[row.pk for row in due]).update(next_at=now + timedelta(seconds=lease_s))
    return due

"""Money that came and is not the merchant's: its return is intended in the transaction that takes it in."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from cashier.models import Attempt, ChannelFact, Payment, Refund
from cashier.states import Verdict
from payhub import numbers
from payhub.db import after_commit
from payhub.outbox.emit import emit
from payhub.review.models import Kind, Owner
from payhub.review.queue import open_review
from payhub.tasks import wake


def intend_return(payment: Payment, attempt: Attempt, fact: ChannelFact, now: datetime) -> Refund:
    """Create the refund of the whole surplus; approved at once up to the merchant's limit, else a person decides."""
    money = fact.money
    if money is None:
        raise ValueError(f"{fact} says nothing of how much.")
    automatic = money.currency == payment.currency and money.minor <= payment.merchant.auto_refund_limit_minor
    refund = Refund.objects.create(
        refund_no=numbers.refund_no(now),
        attempt=attempt,
        receipt=fact,
        amount_minor=money.minor,
        currency=money.currency,
        reason=fact.verdict,  # the reasons of surplus are named as the verdicts are
        is_surplus=True,
        is_automatic=automatic,
        requested_at=now,
    )
    if automatic:
        refund.approve()
        refund.save(update_fields=["state"])
        after_commit(partial(wake, "cashier.send_refunds"))
    open_review(
        kind=Kind.AMOUNT_MISMATCH if fact.verdict == Verdict.SURPLUS_AMOUNT else Kind.SURPLUS,
        subject=f"refund:{refund.refund_no}",
        reason=_reason(payment, attempt, fact, automatic=automatic),
        owner=Owner.FINANCE,
        at=now,
        money=money,
    )
    emit(
        name="payment.surplus",
        subject=payment.subject,
        payload={
            "payment_no": payment.payment_no,
            "merchant_id": payment.merchant_id,
            "merchant_order_no": payment.merchant_order_no,
            "attempt_no": attempt.attempt_no,
            "refund_no": refund.refund_no,
            "why": fact.verdict,
            "amount_minor": money.minor,
            "currency": money.currency,
        },
        at=now,
    )
    return refund


def _reason(payment: Payment, attempt: Attempt, fact: ChannelFact, *, automatic: bool) -> str:
    what = {
        Verdict.SURPLUS_SECOND: f"Payment {payment.payment_no} was paid already",
        Verdict.SURPLUS_LATE: f"Payment {payment.payment_no} had ended",
        Verdict.SURPLUS_AMOUNT: f"Payment {payment.payment_no} asked for {payment.money}",
    }[Verdict(fact.verdict)]
    then = "It goes back by itself." if automatic else "Approve its return."
    return f"{what}; {attempt.account} collected {fact.money} by {attempt.attempt_no}. {then}"

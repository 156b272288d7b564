"""Reading the payment centre's rows for people, without locks."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from cashier.errors import PaymentNotFound
from cashier.models import Attempt, ChannelAccount, Payment, Refund
from cashier.states import AttemptState


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A payment with everything that was tried and returned, oldest first, as read at one moment."""

    payment: Payment
    attempts: list[Attempt]
    refunds: list[Refund]

    @property
    def live(self) -> Attempt | None:
        """The latest attempt whose end is not known; one that was superseded only when there is no other."""
        live = [attempt for attempt in self.attempts if attempt.is_live]
        return max(live, key=lambda attempt: (attempt.superseded_at is None, attempt.pk), default=None)


def story_of(token: str) -> Story:
    """Return the payment at the counter's address with its attempts and refunds; raise PaymentNotFound.

    At most two statements, because every open page asks for it every few seconds: most payments are one attempt that
    has not been paid yet, and only money that came can go back.
    """
    joined = Attempt.objects.select_related("payment__merchant", "account", "proof")
    attempts = list(joined.filter(payment__token=token).order_by("id"))
    if not attempts:
        payment = Payment.objects.select_related("merchant").filter(token=token).first()
        if payment is None:
            raise PaymentNotFound
        return Story(payment=payment, attempts=[], refunds=[])
    payment = attempts[0].payment
    for attempt in attempts:
        attempt.payment = payment
    refunds: list[Refund] = []
    if any(attempt.state == AttemptState.SUCCEEDED for attempt in attempts):
        refunds = list(Refund.objects.filter(attempt__payment=payment).order_by("id"))
    return Story(payment=payment, attempts=attempts, refunds=refunds)


def is_offered(account: ChannelAccount) -> bool:
    """Tell whether new attempts may use the account.

    Outside the demo a test account is never offered: money that does not exist would pay an order that does.
    """
    return account.is_active and (settings.PAYHUB_DEMO or not account.is_test)


def offered_accounts(payment: Payment) -> list[ChannelAccount]:
    """Return the accounts by which this payment may be paid, oldest first."""
    accounts = ChannelAccount.objects.filter(merchant_id=payment.merchant_id).order_by("id")
    return [account for account in accounts if is_offered(account)]

"""Reading the payment centre's rows for people, without locks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.aggregates import StringAgg
from django.db import models
from django.db.models import OuterRef, QuerySet, Subquery, Sum, Value
from django.utils.translation import gettext_lazy as _

from cashier.errors import PaymentNotFound
from cashier.models import Attempt, ChannelAccount, ChannelFact, Payment, PendingQuery, Refund
from cashier.states import LIVE, AttemptState
from payhub import numbers
from payhub.merchants.models import Merchant


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


def payment_of(token: str) -> Payment:
    """Return the payment at the counter's address; raise PaymentNotFound."""
    payment = Payment.objects.select_related("merchant").filter(token=token).first()
    if payment is None:
        raise PaymentNotFound
    return payment


FOR_PAGE = ("payment__merchant", "account", "proof")
FOR_STATUS = ("payment",)  # an open page asks every few seconds, and a wide join is most of what that costs


def story_of(token: str, joined: Sequence[str] = FOR_PAGE) -> Story:
    """Return the payment at the counter's address with its attempts and refunds; raise PaymentNotFound.

    At most two statements, because every open page asks for it every few seconds: most payments are one attempt that
    has not been paid yet, and only money that came can go back. (What is not `joined` is read when it is asked for: the
    account, by a status that wonders whether an old attempt's channel can close it.)
    """
    found = Attempt.objects.select_related(*joined)
    attempts = list(found.filter(payment__token=token).order_by("id"))
    if not attempts:
        return Story(payment=payment_of(token), attempts=[], refunds=[])
    payment = attempts[0].payment
    for attempt in attempts:
        attempt.payment = payment
    refunds: list[Refund] = []
    if any(attempt.state == AttemptState.SUCCEEDED for attempt in attempts):
        refunds = list(Refund.objects.filter(attempt__payment=payment).order_by("id"))
    return Story(payment=payment, attempts=attempts, refunds=refunds)


class Progress(models.TextChoices):
    """How far a payment came, for its merchant."""

    NONE = "NONE", _("Not tried")  # nobody has tried to pay it
    UNDER_WAY = "UNDER_WAY", _("Paying")  # an attempt is open: it may be paid at any moment
    NOT_CONFIRMED = "NOT_CONFIRMED", _("Not confirmed")  # the channel does not say what became of an attempt
    ENDED = "ENDED", _("No attempt is open")  # every attempt has come to its end


def progress_of(states: Iterable[str]) -> Progress:
    """Return how far a payment with attempts in these states came."""
    found = set(states)
    if AttemptState.UNKNOWN in found:
        return Progress.NOT_CONFIRMED
    if found & set(LIVE):
        return Progress.UNDER_WAY
    return Progress.ENDED if found else Progress.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A payment, how far it came, and what came in beyond its amount."""

    payment: Payment
    progress: Progress
    surplus_minor: int


def standings(merchant_id: int, merchant_order_nos: list[str]) -> list[Standing]:
    """Return how the payments of these order numbers stand, in one statement however many they are."""
    tried = Attempt.objects.filter(payment=OuterRef("pk")).order_by().values("payment")
    surplus = Refund.objects.filter(attempt__payment=OuterRef("pk"), is_surplus=True).order_by()
    found = Payment.objects.filter(merchant_id=merchant_id, merchant_order_no__in=merchant_order_nos).annotate(
        tried=Subquery(tried.annotate(states=StringAgg("state", Value(" "))).values("states")),
        surplus=Subquery(surplus.values("attempt__payment").annotate(total=Sum("amount_minor")).values("total")),
    )
    return [
        Standing(
            payment=payment, progress=progress_of((payment.tried or "").split()), surplus_minor=payment.surplus or 0
        )
        for payment in found.order_by("id")
    ]


# Sets of order numbers, for the apps above to look for theirs in: a part of their statement, never read one by one.


def order_nos_overpaid() -> QuerySet[Refund, str]:
    """Return the order numbers for which more came in than was asked."""
    surplus = Refund.objects.filter(is_surplus=True)
    return surplus.values_list("attempt__payment__merchant_order_no", flat=True).order_by()


def order_nos_waiting(*, since: datetime) -> QuerySet[PendingQuery, str]:
    """Return the order numbers with an attempt that began before `since` and whose end is still not known."""
    open_ = PendingQuery.objects.filter(attempt__created_at__lt=since)
    return open_.values_list("attempt__payment__merchant_order_no", flat=True).order_by()


def order_nos_paid_by(channel: str) -> QuerySet[Attempt, str]:
    """Return the order numbers that were paid at a channel."""
    paid = Attempt.objects.filter(account__channel=channel, state=AttemptState.SUCCEEDED)
    return paid.values_list("payment__merchant_order_no", flat=True).order_by()


def cashier_url_of(payment: Payment) -> str:
    """Return the address at which the shopper pays."""
    return f"{settings.PAYHUB_BASE_URL}/c/{payment.token}/"


def refunds_of_merchant(merchant_id: int) -> QuerySet[Refund]:
    """Return a merchant's refunds with what their views need."""
    found = Refund.objects.filter(attempt__payment__merchant_id=merchant_id)
    return found.select_related("attempt__payment")


def is_offered(account: ChannelAccount, merchant: Merchant) -> bool:
    """Tell whether new attempts may use the merchant's account.

    Test accounts are for test merchants only: money that does not exist would pay an order that does. And a test
    merchant has no others: a try-out would take real money.
    """
    return account.is_active and account.is_test == merchant.is_test


def offered_accounts(payment: Payment) -> list[ChannelAccount]:
    """Return the accounts by which this payment may be paid, oldest first."""
    accounts = ChannelAccount.objects.filter(merchant_id=payment.merchant_id).order_by("id")
    return [account for account in accounts if is_offered(account, payment.merchant)]


def find_order_no(number: str) -> str:
    """Return the order number that a number of ours, or of a channel, is about; "" when there is none. By index only."""
    own = number.upper()
    kinds = {"P": "payment_no", "A": "attempts__attempt_no", "R": "attempts__refunds__refund_no"}
    kind = kinds.get(own[:1]) if numbers.is_well_formed(own) else None
    found = Payment.objects.filter(**{kind: own}).values_list("merchant_order_no", flat=True).first() if kind else None
    if found is None:  # a channel's number may begin with any letter, and a second receipt stands only in its fact
        facts = ChannelFact.objects.filter(channel_trade_no=number, attempt__isnull=False).exclude(channel_trade_no="")
        found = facts.order_by("id").values_list("attempt__payment__merchant_order_no", flat=True).first()
    return found or ""

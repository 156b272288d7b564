"""Looking for orders in the portal: by what members ask, with totals, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.timezone import make_aware

from cashier.public import find_order_no, order_nos_overpaid, order_nos_paid_by, order_nos_waiting
from orders.models import Complaint, Order
from orders.states import OrderState
from payhub.money import MINOR_DIGITS, Money

NOT_CONFIRMED_AFTER = timedelta(minutes=10)


class Sign(StrEnum):
    """What is remarkable about an order."""

    OVERPAID = "overpaid"
    NOT_CONFIRMED = "not_confirmed"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """By what a member looks for orders."""

    number: str = ""
    states: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    amount: str = ""
    channel: str = ""
    sign: str = ""

    @classmethod
    def read(cls, said: QueryDict) -> Filters:
        """Read them from the address of the list; what makes no sense says nothing."""
        sign = said.get("sign", "")
        return cls(
            number=said.get("number", "").strip()[:64],
            states=tuple(sorted({state for state in said.getlist("state") if state in OrderState.values})),
            since=_day(said.get("since", "")),
            until=_day(said.get("until", "")),
            amount=said.get("amount", "").strip()[:20],
            channel=said.get("channel", "")[:20],
            sign=sign if sign in list(Sign) else "",
        )

    @property
    def asked(self) -> str:
        """Say them in an address; empty when nothing is asked."""
        said = {"number": self.number, "state": self.states, "since": self.since, "until": self.until}
        said |= {"amount": self.amount, "channel": self.channel, "sign": self.sign}
        return urlencode({name: value for name, value in said.items() if value}, doseq=True)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def matching(orders: QuerySet[Order], filters: Filters, *, now: datetime) -> QuerySet[Order]:
    """Return the orders that fit: days are of payhub's time zone, both included.

    `number` finds an order number or its beginning, the merchant's own, or a payment's, attempt's, refund's or channel's.
    """
    if filters.number:
        orders = orders.filter(_numbered(filters.number))
    if filters.states:
        orders = orders.filter(state__in=filters.states)
    if filters.since:
        orders = orders.filter(created_at__gte=_begins_at(filters.since))
    if filters.until:
        orders = orders.filter(created_at__lt=_begins_at(filters.until) + timedelta(days=1))
    if filters.amount:
        orders = orders.filter(_costing(filters.amount))
    if filters.channel:
        orders = orders.filter(order_no__in=order_nos_paid_by(filters.channel))
    return orders.filter(_signed(filters.sign, now)) if filters.sign else orders


def _begins_at(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))


def _numbered(number: str) -> Q:
    ours = number.upper()
    elsewhere = find_order_no(number)
    return Q(order_no__startswith=ours) | Q(merchant_order_no=number) | Q(order_no=elsewhere)


def _costing(amount: str) -> Q:
    """Return orders of exactly this amount, whatever the currency; none when it is no amount in any."""
    fits = Q(pk__in=[])
    for currency in MINOR_DIGITS:
        try:
            fits |= Q(currency=currency, amount_minor=Money.from_major(amount, currency).minor)
        except ValueError:
            continue
    return fits


def _signed(sign: str, now: datetime) -> Q:
    match sign:
        case Sign.OVERPAID:
            return Q(order_no__in=order_nos_overpaid())
        case Sign.NOT_CONFIRMED:
            waiting = order_nos_waiting(since=now - NOT_CONFIRMED_AFTER)
            return Q(state=OrderState.AWAITING_PAYMENT, order_no__in=waiting)
    return Q(Exists(Complaint.objects.filter(order=OuterRef("pk"))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """How many orders in one currency, and for how much."""

    count: int
    amount: Money
    refunded: Money


def totals_of(orders: QuerySet[Order]) -> list[Total]:
    """Return the totals of all these orders by currency."""
    found = orders.order_by().values("currency").annotate(n=Count("pk"), a=Sum("amount_minor"), r=Sum("refunded_minor"))
    return [
        Total(count=one["n"], amount=Money(int(one["a"]), code), refunded=Money(int(one["r"]), code))
        for one in found.order_by("currency")
        for code in [one["currency"]]
    ]


def page_of(orders: QuerySet[Order], *, before: str, size: int) -> tuple[list[Order], str]:
    """Return the newest `size` orders older than order number `before`, and the number to go on from ("" at the end).

    Keyset, so that pages neither shift nor get slower.
    """
    if before:
        orders = orders.filter(pk__lt=orders.model.objects.filter(order_no=before).values("pk"))
    found = list(orders.order_by("-pk")[: size + 1])
    return found[:size], found[size - 1].order_no if len(found) > size else ""

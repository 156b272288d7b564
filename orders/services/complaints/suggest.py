"""Suggesting duplicates: which other money may be the same money, from certain to possible, in words.

A certain, B likely and C possible come from orders of the same buyer for the same amount, by index: the cost depends
on how often one buyer orders for one amount, never on how many orders there are. D is money that came for a number
that is not ours, as the exception queue has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cashier.public import AttemptState, PaymentView
from orders.models import Order
from payhub.money import Money
from payhub.review.models import Kind, ReviewItem

LIKELY_WITHIN = timedelta(hours=2)
POSSIBLE_WITHIN = timedelta(hours=24)
MOST = 20

TIERS: dict[str, Promise] = {"A": _("Certain"), "B": _("Likely"), "C": _("Possible"), "D": _("Without an owner")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """Money that may be the same money."""

    tier: str
    reasons: tuple[Promise | str, ...]
    money: Money
    at: datetime
    order_no: str = ""
    order_id: int = 0
    subject: str = ""

    @property
    def tier_words(self) -> Promise:
        """How sure it is."""
        return TIERS[self.tier]


# Two index scans, one by the shopper's name for themselves, one by their telephone; the same order once.
SIMILAR = """
    WITH alike AS (
        SELECT * FROM orders_order WHERE merchant_id = %(merchant)s AND amount_minor = %(amount)s AND buyer <> ''
            AND buyer = %(buyer)s AND created_at BETWEEN %(begin)s AND %(until)s
        UNION
        SELECT * FROM orders_order WHERE merchant_id = %(merchant)s AND amount_minor = %(amount)s AND contact <> ''
            AND contact = %(contact)s AND created_at BETWEEN %(begin)s AND %(until)s
    )
    SELECT id, order_no, created_at, payment_no <> '' AS is_paid, items = %(items)s::jsonb AS is_same_goods,
        buyer <> '' AND buyer = %(buyer)s AS is_same_buyer
    FROM alike WHERE id <> %(id)s AND currency = %(currency)s ORDER BY created_at, id LIMIT %(most)s
"""


def suggest(*, order: Order, payment: PaymentView | None) -> list[Suggestion]:
    """Return what may be the same money as this order's, the surest first. Reads only."""
    found = [*_certain(order, payment), *_similar(order), *_orphans(order)]
    return sorted(found, key=lambda suggestion: (suggestion.tier, suggestion.at))


def _certain(order: Order, payment: PaymentView | None) -> list[Suggestion]:
    paid = [a for a in payment.attempts if a.state == AttemptState.SUCCEEDED] if payment else []
    if len(paid) < 2:
        return []
    return [
        Suggestion(
            tier="A",
            reasons=(_("same order"), _("the channel confirmed it")),
            money=order.money,
            at=attempt.ended_at or attempt.created_at,
            order_no=order.order_no,
            order_id=order.pk,
            subject=attempt.attempt_no,
        )
        for attempt in paid[1:]
    ]


def similar_parameters(order: Order) -> dict[str, Any]:
    """Return what SIMILAR asks for one order."""
    return {
        "id": order.pk,
        "merchant": order.merchant_id,
        "amount": order.amount_minor,
        "currency": order.currency,
        "buyer": order.buyer,
        "contact": order.contact,
        "begin": order.created_at - POSSIBLE_WITHIN,
        "until": order.created_at + POSSIBLE_WITHIN,
        "items": connection.ops.adapt_json_value(order.items, None),
        "most": MOST,
    }


def _similar(order: Order) -> list[Suggestion]:
    with connection.cursor() as cursor:
        cursor.execute(SIMILAR, similar_parameters(order))
        rows = cursor.fetchall()
    return [_suggestion(order, row) for row in rows]


def _suggestion(order: Order, row: tuple[Any, ...]) -> Suggestion:
    pk, order_no, at, is_paid, is_same_goods, is_same_buyer = row
    apart = abs(at - order.created_at)
    is_likely = is_paid and bool(order.payment_no) and is_same_goods and apart <= LIKELY_WITHIN
    reasons: list[Promise | str] = [_("same buyer") if is_same_buyer else _("same telephone"), _("same amount")]
    if is_same_goods:
        reasons.append(_("same goods"))
    reasons.append(_("paid") if is_paid else _("not paid"))
    reasons.append(_("%(minutes)d min apart") % {"minutes": int(apart.total_seconds() // 60)})
    return Suggestion(
        tier="B" if is_likely else "C", reasons=tuple(reasons), money=order.money, at=at, order_no=order_no, order_id=pk
    )


def _orphans(order: Order) -> list[Suggestion]:
    """Money of the same amount that came for a number that is not ours: by the index of open exceptions."""
    open_items = ReviewItem.objects.filter(
        resolved_at__isnull=True,
        kind=Kind.UNKNOWN_NUMBER,
        amount_minor=order.amount_minor,
        currency=order.currency,
        opened_at__range=(order.created_at - POSSIBLE_WITHIN, order.created_at + 3 * POSSIBLE_WITHIN),
    )
    return [
        Suggestion(
            tier="D",
            reasons=(_("the channel has it, we have no such number"), _("same amount")),
            money=order.money,
            at=item.opened_at,
            subject=item.subject,
        )
        for item in open_items.order_by("opened_at")[:MOST]
    ]

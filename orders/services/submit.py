"""Submitting: the goods become one order, however often the button is pressed, and its payment is opened."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from cashier.public import PaymentView
from orders.errors import AlreadyOrdered, NothingOrdered
from orders.locks import claim_submit
from orders.metrics import submits_repeated
from orders.models import Order
from orders.selectors import newest_standing
from orders.services.ask import FIRST_ASK_AFTER_S
from orders.services.collect import collect
from orders.states import OrderState
from payhub import numbers
from payhub.db import committed
from payhub.trail.record import SHOPPER, record

log = logging.getLogger(__name__)

MAX_QUANTITY = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Some of one good."""

    sku: str
    title: str
    unit_minor: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants to order."""

    merchant_id: int
    items: tuple[Item, ...]
    currency: str
    buyer: str = ""  #: Opaque. Without one nobody can be known again, so the submit guard does not apply.
    buyer_name: str = ""
    contact: str = ""
    address: str = ""
    again_after: str = ""  #: The number of the earlier order, when the shopper saw it and wants the same once more.

    @property
    def amount_minor(self) -> int:
        """What it costs in all."""
        return sum(item.unit_minor * item.quantity for item in self.items)

    @property
    def title(self) -> str:
        """What the shopper reads on the payment page."""
        return ", ".join(f"{item.title} × {item.quantity}" for item in self.items)[:120]

    @property
    def digest(self) -> str:
        """The hash of who orders what from whom, where to and for how much; titles are words and do not count."""
        goods = sorted((item.sku, item.unit_minor, item.quantity) for item in self.items)
        said = [self.merchant_id, self.buyer, goods, self.amount_minor, self.currency, self.address]
        return _sha256(said)

    @property
    def claim(self) -> str:
        """The hash of this submit: "once more" is another submit than the first, and the same however often clicked."""
        return _sha256([self.digest, self.again_after]) if self.again_after else self.digest


def _sha256(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """The order that a submit is, and its payment."""

    order: Order
    payment: PaymentView
    is_new: bool  #: False: the same was submitted a moment ago, and this is that order.


def submit(*, draft: Draft, now: datetime) -> Submitted:
    """Make the order and open its payment; the same submit within SUBMIT_GUARD_TTL_S gives the same order back.

    The order and its claim are one transaction, the payment is another: a crash between the two leaves an order
    whose payment is opened by the next look at it or by the sweep. Raises NothingOrdered, and AlreadyOrdered when the
    same was ordered within SIMILAR_ORDER_WINDOW_S: a paid one can be ordered once more (`again_after`), one whose
    payment is not settled cannot, for then both might be paid.
    """
    if not draft.items or not all(1 <= item.quantity <= MAX_QUANTITY for item in draft.items):
        raise NothingOrdered
    order_no = numbers.order_no(now)
    known = _known_to_redis(draft, order_no, now) if draft.buyer else None
    order = known or _order(draft, order_no, now)
    is_new = order.order_no == order_no
    if not is_new:
        log.info("submitted again: %s", order.order_no)
        submits_repeated.count(by="redis" if known else "database")
    return Submitted(order=order, payment=collect(order=order, actor=SHOPPER, now=now), is_new=is_new)


def _known_to_redis(draft: Draft, order_no: str, now: datetime) -> Order | None:
    """Return the order of the same submit, if Redis knows it and the order stands. Only a short cut.

    Whatever Redis says or fails to say, the claim in PostgreSQL decides about every order that is made.
    """
    key = f"submit:{draft.claim}"
    try:
        if cache.add(key, order_no, timeout=settings.SUBMIT_GUARD_TTL_S):  # SET NX EX
            return None
        known = cache.get(key)
    except (RedisError, OSError) as error:
        log.warning("the submit guard's Redis is away (%s); PostgreSQL decides", type(error).__name__)
        return None
    # The number may be of a submit that is still at work, lost the race or crashed: then there is no such order.
    since = now - timedelta(seconds=settings.SUBMIT_GUARD_TTL_S)
    return Order.objects.filter(order_no=known, digest=draft.digest, created_at__gte=since).first()


def _refuse_what_was_ordered(draft: Draft, now: datetime) -> None:
    since = now - timedelta(seconds=settings.SIMILAR_ORDER_WINDOW_S)
    earlier = newest_standing(digest=draft.digest, since=since)
    if earlier is None:
        return
    is_settled = earlier.state != OrderState.AWAITING_PAYMENT
    if not (is_settled and earlier.order_no == draft.again_after):
        raise AlreadyOrdered(earlier.order_no, earlier.token)


def _order(draft: Draft, order_no: str, now: datetime) -> Order:
    with committed():
        if draft.buyer:
            expires_at = now + timedelta(seconds=settings.SUBMIT_GUARD_TTL_S)
            standing = claim_submit(digest=draft.claim, order_no=order_no, expires_at=expires_at, now=now)
            if standing != order_no:
                return Order.objects.get(order_no=standing)
            _refuse_what_was_ordered(draft, now)  # under the claim: of two at once the second sees the first's order
        order = Order.objects.create(
            order_no=order_no,
            token=numbers.token(),
            merchant_id=draft.merchant_id,
            buyer=draft.buyer,
            buyer_name=draft.buyer_name,
            contact=draft.contact,
            address=draft.address,
            title=draft.title,
            items=[asdict(item) for item in draft.items],
            amount_minor=draft.amount_minor,
            currency=draft.currency,
            digest=draft.digest,
            created_at=now,
            ask_at=now + timedelta(seconds=FIRST_ASK_AFTER_S),
        )
        record(subject=order.subject, action="order.submitted", actor=SHOPPER, at=now, amount=str(order.money))
    return order

"""Placing: a merchant's program orders a payment under its own number, however often it asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cashier.public import PaymentView
from orders.errors import MerchantOrderNoTaken, ReturnUrlNotRegistered
from orders.models import Order
from orders.services.ask import FIRST_ASK_AFTER_S
from orders.services.collect import collect
from payhub import numbers
from payhub.db import committed, insert_once
from payhub.merchants.models import Merchant
from payhub.money import Money
from payhub.trail.record import record


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a merchant's program wants paid."""

    merchant_order_no: str
    money: Money
    title: str
    return_url: str = ""
    buyer_name: str = ""
    contact: str = ""
    payer_id: str = field(default="", repr=False)  #: The shopper's openid under the merchant's appid.


def place(*, merchant: Merchant, wanted: Wanted, actor: str, now: datetime) -> tuple[Order, PaymentView]:
    """Make the order and open its payment; the same number again gives the same order and payment back.

    Raises ReturnUrlNotRegistered, and MerchantOrderNoTaken when the number is known with other terms. Never called
    inside a transaction.
    """
    if wanted.return_url and wanted.return_url not in merchant.return_urls:
        raise ReturnUrlNotRegistered
    order = Order(
        order_no=numbers.order_no(now),
        token=numbers.token(),
        merchant=merchant,
        merchant_order_no=wanted.merchant_order_no,
        return_url=wanted.return_url,
        buyer_name=wanted.buyer_name,
        contact=wanted.contact,
        title=wanted.title,
        items=[],
        amount_minor=wanted.money.minor,
        currency=wanted.money.currency,
        created_at=now,
        ask_at=now + timedelta(seconds=FIRST_ASK_AFTER_S),
    )
    with committed():
        if insert_once(order):
            record(subject=order.subject, action="order.submitted", actor=actor, at=now, amount=str(order.money))
        else:
            order = Order.objects.get(merchant=merchant, merchant_order_no=wanted.merchant_order_no)
            order.merchant = merchant
    if (order.money, order.title) != (wanted.money, wanted.title):
        raise MerchantOrderNoTaken
    return order, collect(order=order, actor=actor, now=now, payer_id=wanted.payer_id)

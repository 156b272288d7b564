"""What people do with their phones: scan a code, pay it, decline. Refusals are sentences for the phone's screen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox import notify
from sandbox.books import Payment, Refund, RefundState, Trade, TradeState
from sandbox.box import Box

_BEFORE_PAYMENT = {
    TradeState.CLOSED: (
        "This order is closed. Nothing was charged. Ask the shop for a new code.",
        "订单已关闭，未扣款。请让商家重新出示二维码。",
    ),
    TradeState.LAPSED: (
        "This code has expired. Nothing was charged. Ask the shop for a new code.",
        "二维码已过期，未扣款。请让商家重新出示二维码。",
    ),
}


class NotPayable(Exception):
    """The phone shows this sentence instead of taking the money."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.sentences = {"en": english, "zh": chinese}


class PaidAlready(NotPayable):
    """Somebody has paid this order."""


def scan(box: Box, trade: Trade, person: str) -> Trade:
    """This function will open the code on a person's phone: where the trade did not exist yet, now it does."""
    if trade.state is not TradeState.NEW:
        return trade
    number = trade.trade_no or box.clerks[trade.channel].fresh_no(trade)
    scanned = replace(trade, state=TradeState.OPEN, buyer=person, trade_no=number)
    box.books.update_trade(scanned)
    return scanned


def pay(
    box: Box,
    trade: Trade,
    person: str,
    *,
    amount_minor: int | None = None,
    force: bool = False,
    twist: Mapping[str, Any] | None = None,
) -> Payment:
    """This function will move the person's money, tell the merchant, and give the payment.

    Raises NotPayable in words, PaidAlready among them. With force the money moves whatever the state is: a success
    that comes after a close or an expiry. amount_minor overrides what is collected.
    """
    trade = scan(box, trade, person)
    paid_before = box.books.payments(trade)
    refusal = refusal_of(box, trade, person)
    if refusal is not None and not force:
        raise refusal
    now = box.clock.now()
    number = box.clerks[trade.channel].payment_no(trade, is_first=not paid_before)
    payment = box.books.add_payment(
        Payment(
            trade_id=trade.id,
            trade_no=number,
            payer=person,
            amount_minor=trade.amount_minor if amount_minor is None else amount_minor,
            paid_at=now,
        )
    )
    paid = replace(trade, state=TradeState.PAID)
    box.books.update_trade(paid)
    _return_by_itself(box, paid, payment)
    notify.announce_payment(box, paid, payment, twist)
    return payment


def _return_by_itself(box: Box, trade: Trade, payment: Payment) -> None:
    after_s = box.clerks[trade.channel].returns_after_s(trade, payment)
    if after_s is None:
        return
    box.books.add_refund(
        Refund(
            channel=trade.channel,
            trade_id=trade.id,
            payment_id=payment.id,
            kind="automatic",
            out_refund_no=f"automatic-{payment.trade_no}",
            refund_no=box.clerks[trade.channel].fresh_no(trade),
            amount_minor=payment.amount_minor,
            state=RefundState.PROCESSING,
            created_at=payment.paid_at,
            due_at=payment.paid_at + after_s / box.time_factor,
        )
    )


def refusal_of(box: Box, trade: Trade, person: str) -> NotPayable | None:
    """This function will say why this person cannot pay this trade now, None when they can."""
    if trade.state in _BEFORE_PAYMENT:
        return NotPayable(*_BEFORE_PAYMENT[trade.state])
    paid_before = box.books.payments(trade)
    if paid_before:
        second_payment = trade.second_payment or box.settings["allow_second_payment"]
        if second_payment and all(payment.payer != person for payment in paid_before):
            return None
        return PaidAlready("This order is already paid. You were not charged again.", "该订单已支付，不会重复扣款。")
    if trade.buyer not in ("", person):
        return NotPayable(
            "Somebody else has opened this order on their phone. Nothing was charged.", "订单已被他人打开，未扣款。"
        )
    if trade.code_until <= box.clock.now():
        return NotPayable(*_BEFORE_PAYMENT[TradeState.LAPSED])
    return None


def decline(box: Box, trade: Trade, person: str) -> None:
    """This function will note that the person looked at the order and did not pay."""
    trade = scan(box, trade, person)
    declined = replace(trade, declines=trade.declines + 1)
    box.books.update_trade(declined)
    notify.announce_declined(box, declined)


def close(box: Box, trade: Trade) -> Trade:
    """This function will close an unpaid trade and tell the merchant where the channel does."""
    closed = replace(trade, state=TradeState.CLOSED, closed_at=box.clock.now())
    box.books.update_trade(closed)
    notify.announce_closed(box, closed)
    return closed

"""What the API shows: the fields of every answer, and nothing else of any row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from cashier.public import (
    AttemptState,
    AttemptView,
    PaymentState,
    PaymentSummary,
    PaymentView,
    Progress,
    RefundReason,
    RefundState,
    RefundView,
)
from orders.models import Order
from orders.models.webhook_endpoint import EventType
from orders.states import OrderState
from payhub.api.fields import Moment, lower
from payhub.api.pages import PageShown
from payhub.money import MINOR_DIGITS


class OrderPaymentShown(serializers.Serializer[Any]):
    """How the payment of an order stands."""

    payment_no = serializers.CharField()
    state = serializers.ChoiceField(choices=lower(PaymentState.values))
    progress = serializers.ChoiceField(
        choices=lower(Progress.values),
        help_text="`not_confirmed`: do not send the goods, and do not ask the shopper to pay again.",
    )
    ending = serializers.ChoiceField(choices=["", "expired", "cancelled"], help_text="Why it is being ended, if it is.")
    cashier_url = serializers.URLField(help_text="Send the shopper here to pay.")
    expires_at = Moment()


class OrderShown(serializers.Serializer[Any]):
    """An order."""

    order_no = serializers.CharField()
    merchant_order_no = serializers.CharField(help_text="Your own number.")
    is_test = serializers.BooleanField()
    state = serializers.ChoiceField(choices=lower(OrderState.values), help_text="`paid`: send the goods.")
    title = serializers.CharField()
    amount_minor = serializers.IntegerField(help_text="In minor units: fen, cents.")
    currency = serializers.ChoiceField(choices=sorted(MINOR_DIGITS))
    refunded_minor = serializers.IntegerField(help_text="What went back of the amount.")
    overpaid_minor = serializers.IntegerField(help_text="What came in beyond the amount. It goes back by itself.")
    created_at = Moment()
    paid_at = Moment(allow_null=True)
    fulfilled_at = Moment(allow_null=True)
    ended_at = Moment(allow_null=True)
    payment = OrderPaymentShown(allow_null=True)


class OrderPage(PageShown):
    """Some orders."""

    data = OrderShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class AttemptShown(serializers.Serializer[Any]):
    """One try to pay."""

    attempt_no = serializers.CharField(help_text="The channel's out_trade_no.")
    channel = serializers.CharField()
    method = serializers.CharField()
    state = serializers.ChoiceField(choices=lower(AttemptState.values))
    is_surplus = serializers.BooleanField(help_text="Its money was not needed, and goes back.")
    channel_trade_no = serializers.CharField()
    created_at = Moment()
    ended_at = Moment(allow_null=True)
    known_by = serializers.CharField(help_text="How its end became known: notification, query, bill…")


class RefundShown(serializers.Serializer[Any]):
    """A refund."""

    refund_no = serializers.CharField()
    merchant_refund_no = serializers.CharField(help_text="Your own number; empty for surplus, which payhub returns.")
    order_no = serializers.CharField()
    attempt_no = serializers.CharField()
    state = serializers.ChoiceField(choices=lower(RefundState.values))
    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    reason = serializers.ChoiceField(choices=lower(RefundReason.values))
    is_surplus = serializers.BooleanField()
    requested_at = Moment()
    ended_at = Moment(allow_null=True)


class RefundPage(PageShown):
    """Some refunds."""

    data = RefundShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class PaymentShown(OrderPaymentShown):
    """A payment with everything that was tried and returned."""

    amount_minor = serializers.IntegerField()
    currency = serializers.CharField()
    created_at = Moment()
    paid_at = Moment(allow_null=True)
    attempts = AttemptShown(many=True)
    refunds = RefundShown(many=True)


class LineShown(serializers.Serializer[Any]):
    """One thing that happened."""

    at = Moment()
    what = serializers.CharField()
    actor = serializers.CharField()
    detail = serializers.CharField()


class TimelineShown(serializers.Serializer[Any]):
    """All that happened to an order and its payment, oldest first."""

    data = LineShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


class EventShown(serializers.Serializer[Any]):
    """An event, exactly as webhooks carry it."""

    id = serializers.CharField(help_text="The webhook-id of every message about it.")
    type = serializers.ChoiceField(choices=EventType.values)
    timestamp = Moment()
    is_test = serializers.BooleanField()
    data = serializers.DictField()  # type: ignore[assignment]  # DRF takes fields off the class


class EventPage(PageShown):
    """Some events."""

    data = EventShown(many=True)  # type: ignore[assignment]  # DRF takes fields off the class


def show_order(order: Order, payment: PaymentSummary | PaymentView | None, *, is_test: bool) -> dict[str, Any]:
    """Return an order as the API says it."""
    return {
        "order_no": order.order_no,
        "merchant_order_no": order.merchant_order_no,
        "is_test": is_test,
        "state": order.state.lower(),
        "title": order.title,
        "amount_minor": order.amount_minor,
        "currency": order.currency,
        "refunded_minor": order.refunded_minor,
        "overpaid_minor": payment.surplus_minor if payment else 0,
        "created_at": order.created_at,
        "paid_at": order.paid_at,
        "fulfilled_at": order.fulfilled_at,
        "ended_at": order.ended_at,
        "payment": _show_summary(payment) if payment else None,
    }


def _show_summary(payment: PaymentSummary | PaymentView) -> dict[str, Any]:
    return {
        "payment_no": payment.payment_no,
        "state": payment.state.lower(),
        "progress": payment.progress.lower(),
        "ending": payment.ending.lower(),
        "cashier_url": payment.cashier_url,
        "expires_at": payment.expires_at,
    }


def show_payment(payment: PaymentView) -> dict[str, Any]:
    """Return a payment with its attempts and refunds as the API says them."""
    return {
        **_show_summary(payment),
        "amount_minor": payment.money.minor,
        "currency": payment.money.currency,
        "created_at": payment.created_at,
        "paid_at": payment.paid_at,
        "attempts": [_show_attempt(attempt) for attempt in payment.attempts],
        "refunds": show_refunds(payment.refunds),
    }


def _show_attempt(attempt: AttemptView) -> dict[str, Any]:
    return {
        "attempt_no": attempt.attempt_no,
        "channel": attempt.channel,
        "method": attempt.method,
        "state": attempt.state.lower(),
        "is_surplus": attempt.surplus,
        "channel_trade_no": attempt.channel_trade_no,
        "created_at": attempt.created_at,
        "ended_at": attempt.ended_at,
        "known_by": attempt.found_by.lower(),
    }


def show_refunds(refunds: Sequence[RefundView]) -> list[dict[str, Any]]:
    """Return refunds as the API says them."""
    return [
        {
            "refund_no": refund.refund_no,
            "merchant_refund_no": refund.merchant_refund_no,
            "order_no": refund.merchant_order_no,
            "attempt_no": refund.attempt_no,
            "state": refund.state.lower(),
            "amount_minor": refund.money.minor,
            "currency": refund.money.currency,
            "reason": refund.reason.lower(),
            "is_surplus": refund.is_surplus,
            "requested_at": refund.requested_at,
            "ended_at": refund.ended_at,
        }
        for refund in refunds
    ]

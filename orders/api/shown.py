"""What the API shows: the fields of every answer, and nothing else of any row."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from cashier.public import (
    AttemptState,
    PaymentState,
    Progress,
    RefundReason,
    RefundState,
)
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

"""Saying: orders, payments and refunds as merchants are told of them, by the API and by the portal's raw data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cashier.public import AttemptView, PaymentSummary, PaymentView, RefundView
from orders.models import Order


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

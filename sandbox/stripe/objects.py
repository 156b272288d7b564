"""Stripe's objects as they stand now, without anything expanded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import bills
from sandbox.bills import Line, LineKind
from sandbox.books import Payment, Refund, RefundState, Trade, TradeState
from sandbox.stripe.wire import API_VERSION

_REFUND_STATES = {
    RefundState.PROCESSING: "pending",
    RefundState.SUCCESS: "succeeded",
    RefundState.ABNORMAL: "requires_action",
    RefundState.CLOSED: "failed",
}
_AVAILABLE_AFTER_S = 2 * 86400


def session(trade: Trade, payment: Payment | None, base_url: str) -> dict[str, Any]:
    """This function will describe a Checkout Session; it has an intent from the first try to pay on."""
    status = "complete" if payment else "open" if trade.state in (TradeState.NEW, TradeState.OPEN) else "expired"
    amount = payment.amount_minor if payment else trade.amount_minor
    return {
        "id": trade.token,
        "object": "checkout.session",
        "amount_subtotal": amount,
        "amount_total": amount,
        "cancel_url": trade.request.get("cancel_url"),
        "client_reference_id": trade.request.get("client_reference_id"),
        "created": int(trade.created_at),
        "currency": trade.currency.lower(),
        "customer": None,
        "expires_at": int(trade.expires_at),
        "livemode": False,
        "metadata": trade.request.get("metadata") or {},
        "mode": "payment",
        "payment_intent": trade.trade_no or None,
        "payment_method_types": ["card"],
        "payment_status": "paid" if payment else "unpaid",
        "status": status,
        "success_url": trade.return_url,
        "url": f"{base_url}/pay/stripe/{trade.token}" if status == "open" else None,
    }


def intent_metadata(trade: Trade) -> dict[str, Any]:
    """This function will give the metadata of a trade's intent, which its charges copy."""
    source = trade.request.get("payment_intent_data") or {} if trade.method == "checkout" else trade.request
    return dict(source.get("metadata") or {})


def intent(trade: Trade, payment: Payment | None) -> dict[str, Any]:
    """This function will describe a PaymentIntent; a failed try leaves it ready for the next one."""
    declined = trade.declines and not payment
    status = "succeeded" if payment else "canceled" if trade.closed_at else "requires_payment_method"
    failure = {"type": "card_error", "code": "card_declined", "decline_code": "generic_decline",
               "message": "Your card was declined."}  # fmt: skip
    return {
        "id": trade.trade_no,
        "object": "payment_intent",
        "amount": payment.amount_minor if payment else trade.amount_minor,
        "amount_received": payment.amount_minor if payment else 0,
        "canceled_at": int(trade.closed_at) if trade.closed_at and not payment else None,
        "cancellation_reason": trade.request.get("cancellation_reason") if status == "canceled" else None,
        "client_secret": f"{trade.trade_no}_secret_sandbox",
        "created": int(trade.created_at),
        "currency": trade.currency.lower(),
        "last_payment_error": failure if declined else None,
        "latest_charge": payment.trade_no if payment else None,
        "livemode": False,
        "metadata": intent_metadata(trade),
        "payment_method_types": ["card"],
        "status": status,
    }


def charge(trade: Trade, payment: Payment, returned_minor: int) -> dict[str, Any]:
    """This function will describe the charge that a payment is."""
    return {
        "id": payment.trade_no,
        "object": "charge",
        "amount": payment.amount_minor,
        "amount_captured": payment.amount_minor,
        "amount_refunded": returned_minor,
        "balance_transaction": transaction_id(payment.trade_no),
        "captured": True,
        "created": int(payment.paid_at),
        "currency": trade.currency.lower(),
        "livemode": False,
        "metadata": intent_metadata(trade),
        "paid": True,
        "payment_intent": trade.trade_no,
        "refunded": returned_minor >= payment.amount_minor,
        "status": "succeeded",
    }


def refund(trade: Trade, payment: Payment, entry: Refund) -> dict[str, Any]:
    """This function will describe a refund."""
    told: dict[str, Any] = {
        "id": entry.refund_no,
        "object": "refund",
        "amount": entry.amount_minor,
        "balance_transaction": transaction_id(entry.refund_no),
        "charge": payment.trade_no,
        "created": int(entry.created_at),
        "currency": trade.currency.lower(),
        "metadata": entry.request.get("metadata") or {},
        "payment_intent": trade.trade_no,
        "reason": entry.reason or None,
        "status": _REFUND_STATES[entry.state],
    }
    return told | ({"failure_reason": "lost_or_stolen_card"} if entry.state is RefundState.CLOSED else {})


def transaction_id(source: str) -> str:
    """This function will give the id of the balance transaction of a charge or refund."""
    return "txn_" + source.partition("_")[2]


def transaction(line: Line, now: float) -> dict[str, Any]:
    """This function will describe a balance transaction: a line of the bill."""
    paid = line.kind is LineKind.PAYMENT
    amount = line.amount_minor if paid else -line.amount_minor
    fee = bills.fee_minor("stripe", line.amount_minor) if paid else 0
    source = line.trade_no if paid else line.refund_no
    available_on = line.at + _AVAILABLE_AFTER_S
    return {
        "id": transaction_id(source) if "_" in source else f"txn_{source}",
        "object": "balance_transaction",
        "amount": amount,
        "available_on": int(available_on),
        "created": int(line.at),
        "currency": line.currency.lower(),
        "description": line.title,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{"amount": fee, "currency": line.currency.lower(), "type": "stripe_fee"}] if fee else [],
        "net": amount - fee,
        "reporting_category": "charge" if paid else "refund",
        "source": source,
        "status": "available" if now >= available_on else "pending",
        "type": "charge" if paid else "refund",
    }


def payout(row: Mapping[str, Any]) -> dict[str, Any]:
    """This function will describe a payout by its row."""
    has_failed = row["state"] == "failed"
    return {
        "id": row["number"],
        "object": "payout",
        "amount": row["amount_minor"],
        "arrival_date": int(row["arrives_at"]),
        "automatic": True,
        "balance_transaction": transaction_id(row["number"]),
        "created": int(row["created_at"]),
        "currency": row["currency"],
        "description": "STRIPE PAYOUT",
        "failure_balance_transaction": transaction_id(row["number"]) + "_back" if has_failed else None,
        "failure_code": "account_closed" if has_failed else None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "in_progress" if row["state"] == "in_transit" else "completed",
        "source_type": "card",
        "status": row["state"],
        "type": "bank_account",
    }


def payout_transactions(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """This function will describe how a payout, and its failure, moved the balance."""
    told = payout(row)
    gone = {
        "id": told["balance_transaction"],
        "object": "balance_transaction",
        "amount": -told["amount"],
        "available_on": told["created"],
        "created": told["created"],
        "currency": told["currency"],
        "description": told["description"],
        "exchange_rate": None,
        "fee": 0,
        "fee_details": [],
        "net": -told["amount"],
        "reporting_category": "payout",
        "source": told["id"],
        "status": "available",
        "type": "payout",
    }
    if row["failed_at"] is None:
        return [gone]
    back = {"id": told["failure_balance_transaction"], "amount": told["amount"], "net": told["amount"],
            "created": int(row["failed_at"]), "available_on": int(row["failed_at"]), "type": "payout_failure",
            "reporting_category": "payout_reversal"}  # fmt: skip
    return [gone, gone | back]


def event(event_id: str, created_at: float, content: Mapping[str, Any]) -> dict[str, Any]:
    """This function will give an event as webhooks and the list of events have it."""
    return {
        "id": f"evt_{event_id}",
        "object": "event",
        "api_version": API_VERSION,
        "created": int(created_at),
        "data": {"object": content["object"]},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": content["type"],
    }
